import { Attribute, Change } from "ldapts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-ldap/rotation.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { type LdapUnderTest, mayNotRead, mayOnlyRead, replacing, slapd, ssha, startLdap } from "../support/ldap.ts";
import { givePolicy, ldapFixture, ldapServerOf } from "../support/ldap-fixture.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldCase, type FieldStage, refusedAs, rotated, type Seen, startFieldStage } from "./field-stage.ts";

printFieldCases();

describe.skipIf(slapd === undefined)("users of an OpenLDAP", () => {
  let ldap: LdapUnderTest;
  let field: FieldStage;
  beforeAll(async () => {
    ldap = await startLdap(slapd ?? "");
    field = await startFieldStage(ldapFixture(slapd ?? ""), await ldapServerOf(ldap), strategiesOn);
  });
  afterAll(async () => {
    await field.stop();
    await ldap.stop();
  });

  const strategies = ["single-user", "dual-password"] as const;
  const rotateBy = async (strategy: FieldCase["strategy"], one: Omit<FieldCase, "strategy"> = {}): Promise<Seen> =>
    field.rotate({ strategy, ...one });
  const set =
    (type: string, ...values: readonly string[]) =>
    async ({ username }: Account): Promise<void> =>
      ldap.admin(async (client) => client.modify(username, replacing(type, values)));
  const policy =
    (rules: Readonly<Record<string, string>>) =>
    async ({ username }: Account): Promise<void> =>
      givePolicy(ldap, username, rules);

  test.each(strategies)(
    "an ordinary user is rotated by %s, with an admin and without, and nothing is said of it",
    async (strategy) =>
      fieldCase("doctor does not see it", async () => {
        expect(await rotateBy(strategy)).toMatchObject({ ...rotated, warned: [] });
        expect(await rotateBy(strategy, { usesAdmin: true })).toMatchObject({ ...rotated, warned: [] });
      })(),
  );

  test.each([
    ["may only read its password", set("description", mayOnlyRead), "database-rights-missing"],
    ["may change its password and not read it", set("description", mayNotRead), "database-rights-missing"],
    ["has a policy that takes no hash", policy({ pwdCheckQuality: "2" }), "account-unsupported"],
    ["has a policy that lets no user change its own", policy({ pwdAllowUserChange: "FALSE" }), "account-unsupported"],
  ] as const)("a user that %s is foretold, and nothing is changed", async (_what, situate, code) =>
    fieldCase("one error for two causes", async () => {
      for (const strategy of strategies) expect(await rotateBy(strategy, { situate })).toMatchObject(refusedAs(code));
    })(),
  );

  test(
    "a user that may not change its own password is changed by the admin",
    fieldCase("one number, several causes", async () => {
      for (const strategy of strategies) {
        const seen = await rotateBy(strategy, { situate: set("description", mayOnlyRead), usesAdmin: true });
        expect(seen).toMatchObject(rotated);
      }
    }),
  );

  test(
    "a policy that wants the old password in exchange takes one password at a time",
    fieldCase("an account rewritten", async () => {
      const situate = policy({ pwdSafeModify: "TRUE" });
      expect(await rotateBy("single-user", { situate })).toMatchObject(rotated);
      expect(await rotateBy("dual-password", { situate })).toMatchObject(refusedAs("account-unsupported"));
    }),
  );

  test(
    "a password of another service still logs in after three rotations, and is pointed out",
    fieldCase("an account rewritten", async () => {
      const theirs = new Attribute({ type: "userPassword", values: [ssha("of-another-service")] });
      const situate = async ({ username }: Account): Promise<void> =>
        ldap.admin(async (client) => client.modify(username, new Change({ operation: "add", modification: theirs })));
      for (const strategy of strategies) {
        const seen = await rotateBy(strategy, { situate });
        expect(seen).toMatchObject({ ...rotated, warned: ["password-not-managed"] });
        await field.stage.rotate(seen.secretId);
        await field.stage.rotate(seen.secretId);
        const { username, password } = seen.account;
        expect([
          await ldap.accepts(username, "of-another-service"),
          await ldap.accepts(username, password),
          await field.stage.logsIn(seen.secretId, "AWSCURRENT"),
        ]).toEqual([true, false, true]);
      }
    }),
  );

  test(
    "a user name that is no entry's is refused before it is sent",
    fieldCase("input narrower than AWS's", async () => {
      const { foretold, codes } = await rotateBy("single-user", { fields: { username: "orders" } });
      expect({ foretold, codes }).toEqual({ foretold: ["secret-malformed"], codes: ["secret-malformed"] });
    }),
  );
});
