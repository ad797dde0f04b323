import { expect, test } from "vitest";
import { oldestVersions } from "./product.ts";
import { ErrorReply } from "./resp.ts";
import { translateError } from "./translate-error.ts";

const noPermission = "NOPERM this user has no permissions to run the 'acl|setuser' command";

test.each([
  [noPermission, "ACL GETUSER", "database-rights-missing", "+acl|getuser"],
  [noPermission, "ACL SETUSER", "database-rights-missing", "+acl|setuser"],
  [noPermission, "ACL SAVE", "database-rights-missing", "+acl|save"],
  [noPermission, "SELECT", "database-rights-missing", "+select"],
  ["ERR unknown command 'HELLO'", "log in", "engine-unsupported", oldestVersions.Redis],
  ["ERR unknown command 'ACL', with args beginning with", "ACL GETUSER", "engine-unsupported", "rename-command"],
  ["ERR unknown subcommand 'SAVE'", "ACL SAVE", "engine-unsupported", "ElastiCache"],
  ["NOAUTH Authentication required.", "ACL SETUSER", "connection-lost", "logged in and is not any more"],
])("%s, of %s, is %s, with what to do", (reply, operation, code, hint) => {
  const error = translateError(new ErrorReply(reply), operation);
  expect(error).toMatchObject({ code, context: { operation } });
  expect(error.hint).toContain(hint);
});
