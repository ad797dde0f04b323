import { describe, expect, test } from "vitest";
import { mysqld } from "../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { duringTests } from "./field-stage.ts";
import { startMysqlField, mysqlVariants } from "./mysql-family.ts";

const kind = "one number, several causes";
printFieldCases();

const validation = ["INSTALL COMPONENT 'file://component_validate_password'"];
const noValidation = ["UNINSTALL COMPONENT 'file://component_validate_password'"];
const compliant = "Aa1-old-password";

describe.skipIf(mysqld === undefined)("MySQL refuses, and rekey knows why", () => {
  const field = duringTests(startMysqlField);

  test.each(mysqlVariants)(
    "a server that wants the current password named: $strategy (admin: $usesAdmin) names it, twice in a row",
    (variant) =>
      fieldCase(kind, async () => {
        await field.during(
          ["SET GLOBAL password_require_current = ON"],
          ["SET GLOBAL password_require_current = OFF"],
          async () => {
            const seen = await field.rotate({ ...variant, account: { password: "ä'ß\"\\x" } });
            expect(seen).toMatchObject({ codes: [], logsIn: true });
            const before = field.stage.outcomes.length;
            await field.stage.rotate(seen.secretId);
            expect(field.stage.outcomes.slice(before).flatMap(({ code }) => code ?? [])).toEqual([]);
          },
        );
      })(),
  );

  test.each(mysqlVariants)("an account that must name it: $strategy (admin: $usesAdmin)", (variant) =>
    fieldCase(kind, async () => {
      const seen = await field.rotate({
        ...variant,
        situate: field.given("ALTER USER <user> PASSWORD REQUIRE CURRENT PASSWORD HISTORY 5"),
      });
      expect(seen).toMatchObject({ codes: [], logsIn: true });
    })(),
  );

  test(
    "a step that is repeated after a cut names whichever password is the primary one",
    fieldCase(kind, async () => {
      const { id, account } = await field.stage.newSecret({ strategy: "dual-password", usesAdmin: false });
      await field.given("ALTER USER <user> PASSWORD REQUIRE CURRENT PASSWORD HISTORY 5")(account);
      const version = await field.stage.begin(id);
      // AWSCURRENT is the new one now; its predecessor logs in until its grace is over.
      expect((await field.stage.step("setSecret", id, version)).code).toBeUndefined();
      expect([await field.stage.logsIn(id, "AWSCURRENT"), await field.stage.logsIn(id, "AWSPREVIOUS")]).toEqual([
        true,
        true,
      ]);
    }),
  );

  test(
    "validate_password refuses the text of a user itself: known beforehand; an admin sets the hash",
    fieldCase(kind, async () => {
      await field.during([...validation, "SET GLOBAL validate_password.length = 40"], noValidation, async () => {
        const alone = await field.rotate({ strategy: "single-user", account: { password: compliant.padEnd(40, "x") } });
        expect(alone).toMatchObject({
          codes: ["account-unsupported"],
          foretold: ["account-unsupported"],
          logsIn: true,
        });
        expect(alone.hints[0]).toContain("validate_password");
        const longer = await field.rotate({
          strategy: "single-user",
          account: { password: compliant.padEnd(40, "x") },
          tags: { "rekey:password-length": "48" },
        });
        expect(longer).toMatchObject({ codes: [], logsIn: true });
        const admin = await field.rotate({
          strategy: "single-user",
          usesAdmin: true,
          account: { password: compliant.padEnd(40, "x") },
        });
        expect(admin).toMatchObject({ codes: [], logsIn: true });
      });
    }),
  );

  test(
    "an account that requires TLS, from a secret without",
    fieldCase(kind, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        fields: { ssl: false },
        situate: field.given("ALTER USER <user> REQUIRE SSL"),
      });
      expect(seen).toMatchObject({ codes: ["tls-refused"], foretold: ["tls-refused"], logsIn: true });
    }),
  );

  test(
    "a server that requires TLS, from a secret without",
    fieldCase(kind, async () => {
      const seen = await field.rotateWithoutRequiredTls();
      expect(seen).toMatchObject({ codes: ["tls-refused"], foretold: ["tls-refused"], logsIn: true });
      expect(seen.hints[0]).toContain("ssl: true");
    }),
  );

  test(
    "a user of an administrator's kind needs an admin of that kind",
    fieldCase(kind, async () => {
      for (const strategy of ["single-user", "dual-password", "alternating-users"] as const) {
        const seen = await field.rotate({
          strategy,
          usesAdmin: true,
          situate: field.given("GRANT SYSTEM_USER ON *.* TO <user>"),
        });
        expect(seen).toMatchObject({
          codes: ["database-rights-missing"],
          foretold: ["database-rights-missing"],
          logsIn: true,
        });
        expect(seen.hints[0]).toContain("SYSTEM_USER");
      }
    }),
  );

  test(
    "two passwords without the right to have them: the right is MySQL's own",
    fieldCase(kind, async () => {
      const seen = await field.rotate({
        strategy: "dual-password",
        usesAdmin: false,
        situate: field.given("REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM <user>"),
      });
      expect(seen).toMatchObject({
        codes: ["database-rights-missing"],
        foretold: ["database-rights-missing"],
        logsIn: true,
      });
      expect(seen.hints[0]).toContain("APPLICATION_PASSWORD_ADMIN");
    }),
  );

  test(
    "an admin without ROLE_ADMIN is told so before the alternate is made",
    fieldCase(kind, async () => {
      const seen = await field.during(
        ["REVOKE ROLE_ADMIN ON *.* FROM rotator"],
        ["GRANT ROLE_ADMIN ON *.* TO rotator WITH GRANT OPTION"],
        async () => field.rotate({ strategy: "alternating-users" }),
      );
      expect(seen).toMatchObject({
        codes: ["database-rights-missing"],
        foretold: ["database-rights-missing"],
        logsIn: true,
      });
      expect(seen.hints[0]).toContain("ROLE_ADMIN");
      const clone = `${seen.account.username}_clone`;
      expect(await field.server.admin(`SELECT User FROM mysql.user WHERE User = '${clone}'`)).toEqual([]);
    }),
  );

  test(
    "locked by hand, locked by refusals, expired, out of connections, off line: each says what to do",
    fieldCase(kind, async () => {
      const situations = [
        ["ALTER USER <user> ACCOUNT LOCK", "credential-refused", "ACCOUNT UNLOCK"],
        ["ALTER USER <user> PASSWORD EXPIRE", "credential-expired", "PASSWORD EXPIRE"],
        ["ALTER USER <user> WITH MAX_CONNECTIONS_PER_HOUR 1", "database-busy", "limit of the account"],
      ] as const;
      for (const [statement, code, said] of situations) {
        const seen = await field.rotate({ strategy: "single-user", situate: field.given(statement) });
        expect({ statement, codes: seen.codes }).toEqual({ statement, codes: [code] });
        expect(seen.hints[0]).toContain(said);
      }
      const refused = await field.rotate({
        strategy: "single-user",
        async situate(account) {
          await field.given("ALTER USER <user> FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED")(account);
          await field.server.connect({ ...account, password: "wrong" }).catch(() => undefined);
        },
      });
      expect(refused.codes).toEqual(["credential-refused"]);
      expect(refused.hints[0]).toContain("FAILED_LOGIN_ATTEMPTS");
      const offline = await field.during(
        ["SET GLOBAL offline_mode = ON"],
        ["SET GLOBAL offline_mode = OFF"],
        async () => field.rotate({ strategy: "single-user" }),
      );
      expect(offline.codes).toEqual(["database-busy"]);
      expect(offline.hints[0]).toContain("offline_mode");
    }),
  );

  test(
    "an init_connect that fails is named",
    fieldCase(kind, async () => {
      const seen = await field.withInitConnect("SELECT nothing", async () => field.rotate({ strategy: "single-user" }));
      expect(seen).toMatchObject({ codes: ["database-failed"], foretold: ["database-failed"] });
      expect(seen.hints[0]).toContain("init_connect");
    }),
  );
});
