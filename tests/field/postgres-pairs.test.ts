import { describe, expect, test } from "vitest";
import { changeHostRules } from "../support/postgres-accounts.ts";
import { fieldCase, type Kind, printFieldCases } from "./field-cases.ts";
import { duringTests, type FieldCase, type FieldStage, refusedAs, rotated, type Seen } from "./field-stage.ts";
import { onEachPostgres, startPostgresStage, undone } from "./postgres-stage.ts";

printFieldCases();

const sessions: Kind = "the session of the user's settings";
const rewritten: Kind = "an account rewritten";
const causes: Kind = "one number, several causes";

onEachPostgres((binaries) => {
  const at = duringTests(async () => startPostgresStage(binaries));
  const pair = async (
    situate: NonNullable<FieldCase["situate"]>,
    stage: FieldStage = at.bySuperuser,
    more: Partial<FieldCase> = {},
  ): Promise<Seen> => stage.rotate({ strategy: "alternating-users", situate, ...more });
  /** The admin that has no more than CREATEROLE, and ADMIN OPTION on the user. */
  const byRotator = async (...statements: readonly string[]): Promise<Seen> =>
    pair(at.given(...statements, "GRANT <user> TO rotator WITH ADMIN OPTION"), at.byRotator);
  const cloneOf = ({ account }: Seen): string => `${account.username}_clone`;
  const role = async (name: string): Promise<unknown> =>
    (await at.postgres.admin("SELECT * FROM pg_roles WHERE rolname = $1", [name]))[0];

  describe("a user that acts as a common role", () => {
    const owner = "CREATE ROLE <user>_own; ALTER ROLE <user> NOINHERIT; GRANT <user>_own TO <user>";
    test.each([
      ["", "ALTER ROLE <user> SET role = <user>_own"],
      [" in one database", "ALTER ROLE <user> IN DATABASE postgres SET role = <user>_own"],
    ])("has an alternate that acts as that role%s, and what either makes is both's", async (_where, setting) =>
      fieldCase(rewritten, async () => {
        const seen = await byRotator(owner, setting);
        expect(seen).toMatchObject(rotated);
        const { account } = seen;
        const clone = await at.current(seen.secretId, at.byRotator);
        expect(clone.username).toBe(cloneOf(seen));
        const table = `public.${account.username}_t`;
        const acting = `SELECT current_user = '${account.username}_own' AS acts, session_user AS who`;
        expect(await at.as(clone, `CREATE TABLE ${table} (id int)`, "RESET ROLE", acting)).toEqual([
          { acts: true, who: clone.username },
        ]);
        await at.as(account, `ALTER TABLE ${table} ADD COLUMN more int`, `INSERT INTO ${table} VALUES (1, 2)`);
        expect(await at.as(clone, "SET ROLE NONE", acting)).toEqual([{ acts: false, who: clone.username }]);
        const denied = at.as(clone, "SET ROLE NONE", `SELECT * FROM ${table}`);
        await expect(denied).rejects.toMatchObject({ code: "42501" });
        await at.byRotator.stage.rotate(seen.secretId);
        expect(await at.current(seen.secretId, at.byRotator)).toMatchObject({ username: account.username });
        expect(await at.as(await at.current(seen.secretId, at.byRotator), acting)).toEqual([
          { acts: true, who: account.username },
        ]);
      })(),
    );

    test(
      "by a setting of the database has an alternate that acts as that role there, and as the first user elsewhere",
      fieldCase(rewritten, async () => {
        const inDatabase = [
          "GRANT <user> TO rotator WITH ADMIN OPTION",
          "ALTER DATABASE postgres SET role = <user>_own",
        ];
        const seen = await undone(pair(at.given(owner, ...inDatabase), at.byRotator), async () =>
          at.postgres.admin("SET ROLE NONE; ALTER DATABASE postgres RESET role"),
        );
        expect(seen).toMatchObject(rotated);
        const { username } = seen.account;
        expect(await role(cloneOf(seen))).toMatchObject({ rolconfig: [`role=${username}`] });
        const clone = await at.current(seen.secretId, at.byRotator);
        expect(await at.as(clone, "SELECT current_user AS acts")).toEqual([{ acts: `${username}_own` }]);
        // Without the database's setting, the next rotation takes it from the alternate.
        await at.byRotator.stage.rotate(seen.secretId);
        await at.byRotator.stage.rotate(seen.secretId);
        const again = await at.current(seen.secretId, at.byRotator);
        expect(await at.as(again, "SELECT current_user AS acts")).toEqual([{ acts: username }]);
      }),
    );

    test.each([
      ["that does not exist", ["ALTER ROLE <user> SET role = <user>_own"]],
      ["that it is no member of", ["CREATE ROLE <user>_own", "ALTER ROLE <user> SET role = <user>_own"]],
      ["'none'", ["ALTER ROLE <user> SET role = 'none'"]],
    ])("by a setting that its sessions do not take (%s) has an alternate that acts as it", async (_what, statements) =>
      fieldCase(rewritten, async () => {
        const seen = await byRotator(...statements);
        expect(seen).toMatchObject(rotated);
        const clone = await at.current(seen.secretId, at.byRotator);
        expect(await at.as(clone, "SELECT current_user AS acts")).toEqual([{ acts: seen.account.username }]);
      })(),
    );

    if (binaries === undefined) {
      test(
        "by a membership that does not let it, or that does not inherit, has an alternate with neither",
        fieldCase(rewritten, async () => {
          const seen = await byRotator(
            "CREATE ROLE <user>_own; GRANT <user>_own TO <user> WITH SET FALSE, INHERIT FALSE",
            "ALTER ROLE <user> SET role = <user>_own",
          );
          expect(seen).toMatchObject(rotated);
          const clone = await at.current(seen.secretId, at.byRotator);
          const { username } = seen.account;
          const asked = `SELECT current_user AS acts, pg_has_role('${username}_own', 'USAGE') AS has`;
          expect(await at.as(clone, asked)).toEqual([{ acts: username, has: false }]);
          await expect(at.as(clone, `SET ROLE ${username}_own`)).rejects.toMatchObject({ code: "42501" });
        }),
      );
    }
  });

  test(
    "a database that only the first user may connect to is open to the alternate",
    fieldCase(rewritten, async () => {
      await at.postgres.admin(
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC; GRANT CONNECT ON DATABASE postgres TO rotator",
      );
      const seen = await byRotator("ALTER ROLE <user> NOINHERIT; GRANT CONNECT ON DATABASE postgres TO <user>");
      expect(seen).toMatchObject(rotated);
      await at.byRotator.stage.rotate(seen.secretId);
      expect(await at.byRotator.stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
      await at.postgres.admin("GRANT CONNECT ON DATABASE postgres TO PUBLIC");
    }),
  );

  describe("an admin that may not do everything", () => {
    test.each([
      ["log_statement", "ALTER ROLE <user> SET log_statement = 'all'"],
      ["log_min_duration_statement", "ALTER ROLE <user> IN DATABASE postgres SET log_min_duration_statement = 5"],
      ["app.tenant", "ALTER ROLE <user> SET app.tenant = 'a'"],
    ])("is told which parameter to be granted before anything is changed: %s", async (parameter, statement) =>
      fieldCase(causes, async () => {
        const seen = await byRotator(statement);
        expect(seen).toMatchObject(refusedAs("database-rights-missing"));
        const hint = at.version < 15 ? "superuser" : `GRANT SET ON PARAMETER ${parameter} TO`;
        expect(seen.hints).toEqual([expect.stringContaining(hint)]);
        expect(await role(cloneOf(seen))).toBeUndefined();
        await at.postgres.admin(`GRANT SET ON PARAMETER ${parameter} TO rotator`);
        const { stage } = at.byRotator;
        const labels = Object.entries(await stage.labels(seen.secretId));
        const [abandoned = ""] = labels.find(([, on]) => on.includes("AWSPENDING")) ?? [];
        await stage.giveUp(seen.secretId, abandoned);
        await stage.rotate(seen.secretId);
        expect((await at.current(seen.secretId, at.byRotator)).username).toBe(cloneOf(seen));
        await at.postgres.admin(`REVOKE SET ON PARAMETER ${parameter} FROM rotator`);
        // The alternate has it by now, so nothing is to be set.
        await at.byRotator.stage.rotate(seen.secretId);
        expect((await at.current(seen.secretId, at.byRotator)).username).toBe(seen.account.username);
      })(),
    );

    test(
      "is told that the alternate could not be given REPLICATION",
      fieldCase(causes, async () => {
        const seen = await byRotator("ALTER ROLE <user> REPLICATION");
        expect(seen).toMatchObject(refusedAs("database-rights-missing"));
        expect(seen.hints).toEqual([expect.stringContaining("REPLICATION")]);
        expect(await role(cloneOf(seen))).toBeUndefined();
      }),
    );

    test(
      "is told that it lacks ADMIN OPTION, or CREATEROLE, whichever it is",
      fieldCase(causes, async () => {
        const seen = await pair(async () => undefined, at.byRotator);
        expect(seen).toMatchObject(at.version < 16 ? rotated : refusedAs("database-rights-missing"));
        expect(seen.hints).toEqual(at.version < 16 ? [] : ["GRANT <user> TO <admin> WITH ADMIN OPTION"]);
        await at.postgres.admin("ALTER ROLE rotator NOCREATEROLE");
        const powerless = await undone(byRotator(), async () => at.postgres.admin("ALTER ROLE rotator CREATEROLE"));
        expect(powerless).toMatchObject(refusedAs("database-rights-missing"));
        expect(powerless.hints).toEqual([expect.stringContaining("ALTER ROLE <admin> CREATEROLE")]);
      }),
    );

    test(
      "may have its rights by the role that its sessions act as, and settings of its own",
      fieldCase(sessions, async () => {
        await at.postgres.admin(
          `CREATE ROLE dba CREATEROLE; GRANT dba TO rotator; ALTER ROLE rotator NOCREATEROLE; ALTER ROLE rotator SET role = dba;
           ALTER ROLE rotator SET default_transaction_read_only = on; ALTER ROLE rotator SET default_transaction_isolation = 'serializable'`,
        );
        if (at.version >= 16) await at.postgres.admin("ALTER ROLE dba SET createrole_self_grant = 'set, inherit'");
        const seen = await undone(pair(at.given("GRANT <user> TO dba WITH ADMIN OPTION"), at.byRotator), async () =>
          at.postgres.admin("ALTER ROLE rotator RESET ALL; ALTER ROLE rotator CREATEROLE"),
        );
        expect(seen).toMatchObject(rotated);
        expect((await at.current(seen.secretId, at.byRotator)).username).toBe(cloneOf(seen));
      }),
    );

    if (binaries === undefined) {
      test(
        "gets no membership in the alternate that it makes beyond the one that lets it administer",
        fieldCase(sessions, async () => {
          await at.postgres.admin("ALTER ROLE rotator SET createrole_self_grant = 'set, inherit'");
          const seen = await undone(byRotator(), async () => at.postgres.admin("ALTER ROLE rotator RESET ALL"));
          expect(seen).toMatchObject(rotated);
          const members = await at.postgres.admin(
            "SELECT member::regrole::text AS member, set_option OR inherit_option AS acts FROM pg_auth_members WHERE roleid = $1::regrole",
            [cloneOf(seen)],
          );
          expect(members).toEqual([{ member: "rotator", acts: false }]);
        }),
      );
    }
  });

  test(
    "a host rule that names the first user alone is found before the alternate is made",
    fieldCase("doctor does not see it", async () => {
      let before: readonly string[] = [];
      const narrow = pair(async ({ username }) => {
        const named = [`host all postgres,${username} all scram-sha-256`];
        before = await changeHostRules(at.postgres, () => named);
      });
      const seen = await undone(narrow, async () => changeHostRules(at.postgres, () => before));
      expect(seen).toMatchObject(refusedAs("account-unsupported"));
      expect(seen.hints).toEqual([expect.stringContaining("pg_hba.conf")]);
      expect(await role(cloneOf(seen))).toBeUndefined();
    }),
  );
});
