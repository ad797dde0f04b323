import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { people, rotator, slapd, ssha } from "../../../tests/support/ldap.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { call, credential, startDirectory, type TestDirectory } from "./test-directory.ts";

describe.skipIf(slapd === undefined)("on a real OpenLDAP", () => {
  let directory: TestDirectory;

  beforeAll(async () => {
    directory = await startDirectory();
  });
  afterAll(async () => directory.ldap.stop());

  test("only hashes are stored, in the scheme of the value before, and others' passwords keep their place", async () => {
    const others = [ssha("theirs"), "{CRYPT}$6$salt$hash", "{SASL}app@EXAMPLE"];
    const dn = await directory.user(ssha("zero"), ...others);
    await using session = await directory.open(credential(dn, "zero"));
    await session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
    await session.keepOnly(credential(dn, "one"), call, {
      wasRotated: true,
      earlier: async () => [new SecretValue("zero")],
    });
    const values = await directory.valuesOf(dn);
    expect(values.filter((value) => others.includes(value))).toEqual(others);
    expect([
      values.length,
      values.some((value) => value.includes("one")),
      await directory.taken(dn, "zero", "one", "theirs"),
    ]).toEqual([4, false, [false, true, true]]);
  });

  test("the next rotation takes the replaced password off without asking the store, and again changes nothing", async () => {
    const dn = await directory.user();
    const asked = { wasRotated: true, earlier: async () => expect.fail("the store was asked") };
    const [zero, one, two] = ["zero", "one", "two"].map((password) => credential(dn, password)) as [
      Credential,
      Credential,
      Credential,
    ];
    await using session = await directory.open(zero);
    await session.keepBoth(zero, one, call, asked);
    await session.keepBoth(one, two, call, asked);
    const values = await directory.valuesOf(dn);
    await session.keepBoth(one, two, call, asked);
    expect([await directory.valuesOf(dn), await directory.taken(dn, "zero", "one", "two")]).toEqual([
      values,
      [false, true, true],
    ]);
  });

  test.each(["{ARGON2}", "{CRYPT}", "{SASL}", "{FOO}"])(
    "with a current password kept as %s, two passwords are refused, since it could not be taken off later",
    async (scheme) => {
      const dn = await directory.user(`${scheme}xyz`);
      await using session = await directory.open(credential(rotator.username, rotator.password));
      const change = session.keepBoth(credential(dn, "zero"), credential(dn, "one"), call);
      await expect(change).rejects.toMatchObject({ code: "account-unsupported" });
      expect(await directory.valuesOf(dn)).toEqual([`${scheme}xyz`]);
    },
  );

  test("a single user's hash of a form that is not computed here is replaced, and a pointer to another place is not", async () => {
    const [crypt, sasl] = [await directory.user("{CRYPT}$6$salt$hash"), await directory.user("{SASL}app@EXAMPLE")];
    await using session = await directory.open(credential(rotator.username, rotator.password));
    await session.setPassword(credential(crypt, "one"), call, { current: credential(crypt, "zero") });
    expect(await directory.taken(crypt, "one")).toEqual([true]);
    await expect(session.setPassword(credential(sasl, "one"), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "password kept as SASL" },
    });
  });

  test("a single user that had two passwords until now keeps neither, and others' passwords stay", async () => {
    const dn = await directory.user(ssha("zero"), ssha("theirs"));
    const [zero, one] = [credential(dn, "zero"), credential(dn, "one")];
    await using session = await directory.open(zero);
    await session.keepBoth(zero, one, call);
    await session.setPassword(credential(dn, "two"), call, { current: one });
    expect(await directory.taken(dn, "zero", "one", "two", "theirs")).toEqual([false, false, true, true]);
  });

  test("of several passwords, none is replaced that is not known to be the secret's", async () => {
    const dn = await directory.user(ssha("theirs"), ssha("of a third"));
    await using session = await directory.open(credential(rotator.username, rotator.password));
    await expect(session.setPassword(credential(dn, "one"), call)).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "several passwords" },
    });
    expect(await directory.taken(dn, "theirs", "of a third", "one")).toEqual([true, true, false]);
  });

  test.each([
    ["pwdSafeModify", { pwdSafeModify: "TRUE" }, ["done", "account-unsupported"]],
    ["pwdCheckQuality", { pwdCheckQuality: "2" }, ["account-unsupported", "account-unsupported"]],
    ["pwdAllowUserChange", { pwdAllowUserChange: "FALSE" }, ["account-unsupported", "account-unsupported"]],
    ["no rule", {}, ["done", "done"]],
  ])("under a policy with %s, a change and its rehearsal end alike", async (_rule, rules, expected) => {
    const ended = async (work: Promise<void>): Promise<string> =>
      work.then(
        () => "done",
        (error: unknown) => String(Reflect.get(Object(error), "code")),
      );
    const outcomes: string[] = [];
    for (const method of ["setPassword", "keepBoth"] as const) {
      const dn = await directory.user();
      await directory.policy(dn, rules);
      const [current, next] = [credential(dn, "zero"), credential(dn, "one")];
      await using session = await directory.open(current);
      const before = await directory.valuesOf(dn);
      const planned =
        method === "setPassword"
          ? ({ method, credential: next, terms: { current } } as const)
          : ({ method, current, next } as const);
      const rehearsed = await ended(session.rehearse(planned, call));
      expect(await directory.valuesOf(dn)).toEqual(before);
      const done = await ended(
        method === "setPassword" ? session.setPassword(next, call, { current }) : session.keepBoth(current, next, call),
      );
      expect({ method, rehearsed }).toEqual({ method, rehearsed: done });
      expect(await directory.taken(dn, "zero")).toEqual([method === "keepBoth" || done !== "done"]);
      outcomes.push(done);
    }
    expect(outcomes).toEqual(expected);
  });

  test("under a policy, an admin replaces a password that no version has, and keeps nothing of it", async () => {
    for (const method of ["setPassword", "keepOnly"] as const) {
      const dn = await directory.user(ssha("by hand"));
      await directory.policy(dn, {});
      await using session = await directory.open(credential(rotator.username, rotator.password));
      await session[method](credential(dn, "one"), call);
      expect(await directory.taken(dn, "by hand", "one")).toEqual([false, true]);
    }
  });

  test("a user without a password that the session sees is not given one", async () => {
    const dn = `cn=without,${people}`;
    await directory.ldap.admin(async (client) => client.add(dn, { objectClass: ["person"], sn: "none" }));
    await using session = await directory.open(credential(rotator.username, rotator.password));
    await expect(session.setPassword(credential(dn, "one"), call)).rejects.toMatchObject({
      code: "database-rights-missing",
      context: { right: "read userPassword" },
    });
    expect(await directory.valuesOf(dn)).toEqual([]);
  });

  test("with a policy's least age, the old password ends in the same step that the new one begins in", async () => {
    const dn = await directory.user();
    await using session = await directory.open(credential(dn, "zero"));
    await directory.policy(dn, { pwdMinAge: "3600" });
    await session.setPassword(credential(dn, "one"), call, { current: credential(dn, "zero") });
    expect(await directory.taken(dn, "zero", "one")).toEqual([false, true]);
    const again = session.setPassword(credential(dn, "two"), call, { current: credential(dn, "one") });
    await expect(again).rejects.toMatchObject({
      code: "account-unsupported",
      context: { reason: "passwordTooYoung" },
    });
  });
});
