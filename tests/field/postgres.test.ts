import { describe, expect, test } from "vitest";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { changeHostRules, takeByMd5 } from "../support/postgres-accounts.ts";
import { fieldCase, type Kind, printFieldCases } from "./field-cases.ts";
import { duringTests, type FieldCase, refusedAs, rotated, type Seen } from "./field-stage.ts";
import { onEachPostgres, startPostgresStage, undone } from "./postgres-stage.ts";

printFieldCases();

const sessions: Kind = "the session of the user's settings";
const rewritten: Kind = "an account rewritten";
const causes: Kind = "one number, several causes";

onEachPostgres((binaries) => {
  const at = duringTests(async () => startPostgresStage(binaries));
  const alone = async (situate: NonNullable<FieldCase["situate"]>, more: Partial<FieldCase> = {}): Promise<Seen> =>
    at.bySuperuser.rotate({ strategy: "single-user", situate, ...more });

  const owner = "CREATE ROLE <user>_own; GRANT <user>_own TO <user>";
  test.each([
    ["acts as another role", [owner, "ALTER ROLE <user> SET role = <user>_own"]],
    ["acts as another role in this database", [owner, "ALTER ROLE <user> IN DATABASE postgres SET role = <user>_own"]],
    ["is read-only by itself", ["ALTER ROLE <user> SET default_transaction_read_only = on"]],
    ["is read-only by itself here", ["ALTER ROLE <user> IN DATABASE postgres SET default_transaction_read_only = on"]],
    [
      "is read-only and acts as another role",
      [owner, "ALTER ROLE <user> SET role = <user>_own; ALTER ROLE <user> SET default_transaction_read_only = on"],
    ],
    [
      "has no patience",
      [
        "ALTER ROLE <user> SET statement_timeout = '20ms'; ALTER ROLE <user> SET lock_timeout = '1ms'",
        "ALTER ROLE <user> SET idle_in_transaction_session_timeout = '1ms'",
      ],
    ],
    [
      "isolates its transactions",
      [
        "ALTER ROLE <user> SET default_transaction_isolation = 'serializable'",
        "ALTER ROLE <user> SET default_transaction_deferrable = on; ALTER ROLE <user> SET row_security = off",
      ],
    ],
    [
      "writes and reads values in its own way",
      [
        "ALTER ROLE <user> SET DateStyle = 'German'; ALTER ROLE <user> SET TimeZone = 'Asia/Kathmandu'",
        "ALTER ROLE <user> SET extra_float_digits = -15; ALTER ROLE <user> SET bytea_output = 'escape'",
        "ALTER ROLE <user> SET standard_conforming_strings = off; ALTER ROLE <user> SET IntervalStyle = 'sql_standard'",
      ],
    ],
    ["has every message sent to it", ["ALTER ROLE <user> SET client_min_messages = 'debug5'"]],
    ["does not wait for the disk", ["ALTER ROLE <user> SET synchronous_commit = off"]],
    ["asks for another form than its password has", ["ALTER ROLE <user> SET password_encryption = 'md5'"]],
  ])("a user that %s changes its own password", async (_what, statements) =>
    fieldCase(sessions, async () => {
      const seen = await alone(at.given(...statements));
      expect(seen).toMatchObject({ ...rotated, warned: [] });
      expect(await at.hashOf(seen.account.username)).toBe("SCR");
    })(),
  );

  if (binaries === undefined) {
    test(
      "transactions that end by themselves, and a login trigger that puts tables before the catalogs, stop nothing",
      fieldCase(sessions, async () => {
        await at.postgres.admin(
          `CREATE FUNCTION public.on_login() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
             IF session_user LIKE 'app_%' THEN
               CREATE TEMP TABLE pg_roles AS SELECT 0::oid AS oid, 'nobody'::name AS rolname, true AS rolsuper;
             END IF; END $$;
           CREATE EVENT TRIGGER tables ON login EXECUTE FUNCTION public.on_login()`,
        );
        expect(await alone(at.given("ALTER ROLE <user> SET transaction_timeout = '200ms'"))).toMatchObject(rotated);
        await at.postgres.admin("DROP EVENT TRIGGER tables");
      }),
    );
  }

  test(
    "an expiry is told of, whatever the user's dates look like",
    fieldCase(sessions, async () => {
      const seen = await alone(
        at.given("ALTER ROLE <user> SET DateStyle = 'SQL, DMY'", `ALTER ROLE <user> VALID UNTIL '${inDays(9)}'`),
      );
      expect(seen).toMatchObject({ ...rotated, warned: ["user-expires"] });
    }),
  );

  test(
    "a database that its operator made read-only stays so, whatever the user's own setting",
    fieldCase(causes, async () => {
      const both = at.given(
        "ALTER ROLE <user> SET default_transaction_read_only = on",
        "ALTER DATABASE postgres SET default_transaction_read_only = on",
      );
      const seen = await undone(alone(both), async () =>
        at.postgres.admin("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT"),
      );
      expect(seen).toMatchObject(refusedAs("database-read-only"));
    }),
  );

  test(
    "a user that may have one connection alone is looked at and changed by one at a time",
    fieldCase(sessions, async () => {
      // Not by the proxy, which closes a connection before the server has.
      const fields = { port: at.postgres.port };
      const situate = at.given("ALTER ROLE <user> CONNECTION LIMIT 1");
      expect(await alone(situate, { fields })).toMatchObject(rotated);
      expect(await at.bySuperuser.rotate({ strategy: "alternating-users", situate, fields })).toMatchObject(rotated);
    }),
  );

  test(
    "a user whose password has expired is told of where an admin can see it, and is not given a new one",
    fieldCase(causes, async () => {
      const seen = await alone(at.given("ALTER ROLE <user> VALID UNTIL '2001-01-01'"), { usesAdmin: true });
      expect(seen).toMatchObject({ codes: ["credential-expired"], logsIn: false });
      expect(seen.foretold).toEqual(["credential-refused", "credential-expired"]);
    }),
  );

  const restricted = "ALTER ROLE <user> SET rds.restrict_password_commands = 'on'";
  test(
    "a user that may not change itself is changed by the admin; without one the missing right is named",
    fieldCase(sessions, async () => {
      await at.postgres.admin("CREATE ROLE rds_password");
      const seen = await alone(at.given(restricted));
      expect(seen).toMatchObject(refusedAs("database-rights-missing"));
      expect(seen.hints).toEqual([expect.stringContaining("GRANT rds_password TO")]);
      expect(await alone(at.given(restricted), { usesAdmin: true })).toMatchObject(rotated);
      expect(await alone(at.given(restricted, "GRANT rds_password TO <user>"))).toMatchObject(rotated);
    }),
  );

  test(
    "before PostgreSQL 16 a user with REPLICATION needs a superuser",
    fieldCase(causes, async () => {
      const replicating = at.given("ALTER ROLE <user> REPLICATION");
      const seen = await alone(replicating);
      expect(seen).toMatchObject(at.version < 16 ? refusedAs("database-rights-missing") : rotated);
      expect(seen.hints.map((hint) => hint.includes("REPLICATION"))).toEqual(at.version < 16 ? [true] : []);
      expect(await alone(replicating, { usesAdmin: true })).toMatchObject(rotated);
    }),
  );

  describe("the form of the password", () => {
    const md5 = async (account: Account): Promise<void> => {
      await takeByMd5(at.postgres, [account.username, `${account.username}_clone`]);
      await at.given("SET password_encryption = 'md5'; ALTER ROLE <user> PASSWORD '<password>'")(account);
    };
    const tags = (value: string) => ({ tags: { "rekey:password-hash": value } });

    test(
      "md5 stays md5 although the server would choose SCRAM, and the doctor warns of it",
      fieldCase(rewritten, async () => {
        const seen = await alone(md5);
        expect(seen).toMatchObject({ ...rotated, warned: ["password-hash-weak"] });
        expect(await at.hashOf(seen.account.username)).toBe("md5");
      }),
    );

    test(
      "md5 stays md5 where an admin changes it, because the user may not, or because the password was lost",
      fieldCase(rewritten, async () => {
        const seen = await alone(
          async (account) => {
            await md5(account);
            await at.given(restricted)(account);
          },
          { usesAdmin: true },
        );
        expect(seen).toMatchObject({ ...rotated, warned: ["password-hash-weak"] });
        const { username } = seen.account;
        await at.postgres.admin(`SET password_encryption = 'md5'; ALTER ROLE ${username} PASSWORD 'by hand'`);
        await at.bySuperuser.stage.rotate(seen.secretId);
        expect(await at.bySuperuser.stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
        expect(await at.hashOf(username)).toBe("md5");
      }),
    );

    test(
      "both users of a pair have the current one's form",
      fieldCase(rewritten, async () => {
        const seen = await at.bySuperuser.rotate({ strategy: "alternating-users", situate: md5 });
        expect(seen).toMatchObject({ ...rotated, warned: ["password-hash-weak"] });
        await at.bySuperuser.stage.rotate(seen.secretId);
        const { username } = seen.account;
        expect([await at.hashOf(username), await at.hashOf(`${username}_clone`)]).toEqual(["md5", "md5"]);
      }),
    );

    test(
      "SCRAM stays SCRAM although the server would choose md5",
      fieldCase(rewritten, async () => {
        await at.postgres.admin("ALTER SYSTEM SET password_encryption = 'md5'");
        await at.postgres.admin("SELECT pg_reload_conf()");
        const scram = "SET password_encryption = 'scram-sha-256'; ALTER ROLE <user> PASSWORD '<password>'";
        const seen = await alone(at.given(scram));
        const pair = await at.bySuperuser.rotate({ strategy: "alternating-users", situate: at.given(scram) });
        await at.postgres.admin("ALTER SYSTEM RESET password_encryption");
        await at.postgres.admin("SELECT pg_reload_conf()");
        expect([seen, pair]).toMatchObject([rotated, rotated]);
        expect(await at.hashOf(seen.account.username)).toBe("SCR");
        expect(await at.hashOf(`${pair.account.username}_clone`)).toBe("SCR");
      }),
    );

    test(
      "where a login does not show the form, the server's own choice decides",
      fieldCase(rewritten, async () => {
        const seen = await alone(async ({ username }) => {
          await changeHostRules(at.postgres, (rules) => [`host all ${username} all trust`, ...rules]);
          await at.postgres.admin(`ALTER ROLE ${username} SET password_encryption = 'md5'`);
        });
        expect(seen).toMatchObject({ ...rotated, warned: ["password-hash-weak"] });
        expect(await at.hashOf(seen.account.username)).toBe("md5");
      }),
    );

    test(
      "the tag changes it: found by the doctor, reported by the rotation",
      fieldCase(rewritten, async () => {
        const seen = await alone(md5, tags("scram-sha-256"));
        expect(seen).toMatchObject({ ...rotated, warned: ["password-hash-changes"] });
        expect(await at.hashOf(seen.account.username)).toBe("SCR");
        const told = at.bySuperuser.stage.containers.printed.filter((line) => line.includes("password-hash-changes"));
        expect(told.at(-1)).toContain('"from":"md5","to":"scram-sha-256"');
      }),
    );

    test(
      "the tag md5 is taken where pg_hba.conf is known to take it, and refused before anything is changed where not",
      fieldCase(rewritten, async () => {
        const byMd5 = async ({ username }: Account): Promise<void> => takeByMd5(at.postgres, [username]);
        const seen = await alone(byMd5, tags("md5"));
        expect(seen).toMatchObject(at.version < 16 ? refusedAs("option-invalid") : rotated);
        expect(await at.hashOf(seen.account.username)).toBe(at.version < 16 ? "SCR" : "md5");
        const scramOnly = await alone(async () => undefined, tags("md5"));
        expect(scramOnly).toMatchObject(refusedAs("option-invalid"));
        expect(await at.bySuperuser.stage.server.accepts(scramOnly.account)).toBe(true);
        const pair = await at.bySuperuser.rotate({ strategy: "alternating-users", ...tags("md5") });
        expect(pair).toMatchObject(refusedAs("option-invalid"));
      }),
    );

    test(
      "a tag that names no form is refused before a version is made",
      fieldCase("input narrower than AWS's", async () => {
        const seen = await alone(async () => undefined, tags("MD5"));
        expect(seen).toMatchObject(refusedAs("option-invalid"));
        expect(await at.bySuperuser.stage.read(seen.secretId, "AWSPENDING")).toBeUndefined();
      }),
    );
  });
});

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
