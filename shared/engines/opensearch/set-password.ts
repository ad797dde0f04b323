import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { bcryptHash } from "../connecting/bcrypt-hash.ts";
import { readAccount, userPath } from "./account.ts";
import { proveHash } from "./prove-hash.ts";
import type { Change, SecurityApi } from "./security-api.ts";

/** Changes these members of a user, and leaves the others to the server: nothing that was read before is written back. */
export const userChange = (operation: Change["operation"], user: string, members: object): Change => ({
  operation,
  method: "PATCH",
  path: userPath(user),
  json: Object.entries(members).map(([name, value]: [string, unknown]) => ({ op: "add", path: `/${name}`, value })),
});

/** The user that is given a password. Errors: `account-unsupported`, those of the API. */
export async function requireInternal(api: SecurityApi, user: string, call: CallOptions): Promise<void> {
  if ((await readAccount(api, user, call)) !== undefined) return;
  throw new RekeyError("account-unsupported", {
    context: { user, property: "not in the internal user database" },
    hint: "the user does not exist, is hidden, or logs in by LDAP, SAML, IAM or a certificate: rekey changes internal users alone",
  });
}

/** Gives a user its password, once a hash of it has logged in. Errors: `account-unsupported`, those of the API. */
export async function setPassword(api: SecurityApi, next: Credential, call: CallOptions): Promise<void> {
  await requireInternal(api, next.username, call);
  const hash = await bcryptHash(next.password);
  await proveHash(api, next, hash, call);
  await api.change(userChange("set password", next.username, { hash: hash.reveal() }), call);
}
