import { expect, test } from "vitest";
import { mayRun, requireRights } from "./rights.ts";

const account = (...commands: readonly string[]) => ({
  user: "admin",
  isOn: true,
  takesAnyPassword: false,
  hashes: [],
  commands,
});

test.each([
  ["+@all", true],
  ["allcommands", true],
  ["-@all +acl|setuser", true],
  ["-@all +acl", true],
  ["-@all +@admin", true],
  ["-@all +@dangerous", true],
  ["+@all -@admin +acl|setuser", true],
  ["+@all -acl +acl|setuser", true],
  ["-@all", false],
  ["nocommands", false],
  ["+@all -@admin", false],
  ["+@all -@dangerous", false],
  ["+@all -@slow", false],
  ["+@all -acl", false],
  ["+@all -acl|setuser", false],
  ["-@all +acl|getuser", false],
  ["-@all +@read +@write", false],
  ["", false],
])("rules %s let a user change users: %s", (rules, may) => {
  expect(mayRun(account(rules), "acl|setuser")).toBe(may);
});

test("a selector gives a right that the user's own rules do not", () => {
  expect(mayRun(account("-@all", "-@all +acl|setuser"), "acl|setuser")).toBe(true);
});

test("the first right that lacks is named; of a user that is not known, none", () => {
  const both = ["acl|setuser", "acl|save"] as const;
  expect(() => requireRights(account("-@all +acl|setuser"), both)).toThrow(
    expect.objectContaining({ code: "database-rights-missing", context: { operation: "ACL SAVE", reason: "NOPERM" } }),
  );
  expect(() => requireRights(account("+@all"), both)).not.toThrow();
  expect(() => requireRights(undefined, both)).not.toThrow();
});
