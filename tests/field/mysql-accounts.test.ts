import { describe, expect, test } from "vitest";
import { mysqld } from "../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { duringTests } from "./field-stage.ts";
import { startMysqlField, mysqlVariants, rotateEachWithInitConnect } from "./mysql-family.ts";

const sessions = "the session of the user's settings";
const accounts = "an account rewritten";
printFieldCases();

describe.skipIf(mysqld === undefined)("accounts of MySQL as people have them", () => {
  const field = duringTests(startMysqlField);

  test.each([
    ["quotes names with double quotes", "SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'"],
    ["pads what it reads", "SESSION sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"],
    ["commits nothing by itself", "autocommit = 0"],
    ["may only read", "SESSION transaction_read_only = 1"],
    ["speaks Latin", "NAMES latin1"],
    ["answers with no rows", "sql_select_limit = 0"],
    ["has a moment for each question", "max_execution_time = 1"],
    ["ends after a commit", "completion_type = 2"],
  ])("a session that %s does not matter", (_what, setting) =>
    fieldCase(sessions, async () => {
      for (const seen of await rotateEachWithInitConnect(field, mysqlVariants, setting)) {
        expect(seen).toMatchObject({ codes: [], logsIn: true });
      }
    })(),
  );

  test(
    "a server whose transactions are read-only by default",
    fieldCase(sessions, async () => {
      for (const variant of mysqlVariants) {
        const seen = await field.rotate({
          ...variant,
          situate: async () => void (await field.server.admin("SET GLOBAL transaction_read_only = ON")),
        });
        await field.server.admin("SET SESSION transaction_read_only = OFF", "SET GLOBAL transaction_read_only = OFF");
        expect(seen).toMatchObject({ codes: [], logsIn: true });
      }
    }),
  );

  test(
    "an admin whose rights come by roles that are not in force at login",
    fieldCase(sessions, async () => {
      await field.during(
        [
          "CREATE ROLE keeper, granter",
          "GRANT CREATE USER ON *.* TO keeper",
          "GRANT SELECT ON mysql.* TO keeper",
          "GRANT ROLE_ADMIN ON *.* TO granter",
          "REVOKE ALL PRIVILEGES, GRANT OPTION FROM rotator",
          "GRANT keeper, granter TO rotator",
        ],
        [
          "GRANT CREATE USER, ROLE_ADMIN ON *.* TO rotator WITH GRANT OPTION",
          "GRANT SELECT ON mysql.* TO rotator WITH GRANT OPTION",
          "DROP ROLE keeper, granter",
        ],
        async () => {
          for (const variant of mysqlVariants.filter(({ usesAdmin }) => usesAdmin))
            expect(await field.rotate(variant)).toMatchObject({ codes: [], logsIn: true });
        },
      );
    }),
  );

  /** Another account of the name, which the same password opens, by another salt. */
  const sibling = (host: string, plugin = "caching_sha2_password"): string =>
    `CREATE USER '<name>'@'${host}' IDENTIFIED WITH ${plugin} BY 'one'`;
  const logsInFrom = async (username: string, host: string): Promise<unknown> => {
    const [row] = await field.server.admin(
      `SELECT authentication_string AS kept FROM mysql.user WHERE User = '${username}' AND Host = '${host}'`,
    );
    return row?.["kept"];
  };

  test.each([
    ["single-user", "caching_sha2_password"],
    ["single-user", "sha256_password"],
    ["dual-password", "caching_sha2_password"],
    ["dual-password", "sha256_password"],
  ] as const)("%s changes the accounts of one name and password together, by %s too", (strategy, plugin) =>
    fieldCase(accounts, async () => {
      let before: unknown;
      const seen = await field.rotate({
        strategy,
        usesAdmin: true,
        account: { password: "one" },
        async situate(account) {
          await field.given(sibling("10.%", plugin))(account);
          before = await logsInFrom(account.username, "10.%");
        },
      });
      expect(seen).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-of-one-name"] });
      expect(await logsInFrom(seen.account.username, "10.%")).not.toEqual(before);
      // The other one is taken away: whoever came by it comes by this one, and logs in.
      await field.server.admin(
        `DROP USER '${seen.account.username}'@'%'`,
        `RENAME USER '${seen.account.username}'@'10.%' TO '${seen.account.username}'@'%'`,
      );
      expect(await field.stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
    })(),
  );

  test(
    "an account of the name with another password is somebody else's: it stays, and the doctor tells of it",
    fieldCase(accounts, async () => {
      for (const strategy of ["single-user", "dual-password"] as const) {
        let before: unknown;
        const seen = await field.rotate({
          strategy,
          usesAdmin: true,
          async situate(account) {
            await field.given("CREATE USER '<name>'@'10.%' IDENTIFIED BY 'another'")(account);
            before = await logsInFrom(account.username, "10.%");
          },
        });
        expect(seen).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-of-one-name"] });
        expect(await logsInFrom(seen.account.username, "10.%")).toEqual(before);
      }
    }),
  );

  test(
    "accounts of one name that the user itself sees and may not change are refused; unseen ones are a warning",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        account: { password: "one" },
        situate: field.given("GRANT SELECT ON mysql.* TO <user>", sibling("10.%")),
      });
      expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
      const blind = await field.rotate({ strategy: "single-user" });
      expect(blind).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-unseen"] });
    }),
  );

  test.each([
    ["several accounts", "CREATE USER '<name>'@'10.%' IDENTIFIED BY 'one'", "several accounts"],
    ["a role at rest", "GRANT resting TO <user>", "DEFAULT ROLE ALL"],
  ])("a pair that cannot be made alike is refused: %s", (_what, statement, hint) =>
    fieldCase(accounts, async () => {
      await field.server.admin("CREATE ROLE IF NOT EXISTS resting");
      const seen = await field.rotate({ strategy: "alternating-users", situate: field.given(statement) });
      expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
      expect(seen.hints[0]).toContain(hint);
      const clone = `${seen.account.username}_clone`;
      expect(await field.server.admin(`SELECT User FROM mysql.user WHERE User = '${clone}'`)).toEqual([]);
    })(),
  );

  test(
    "an account that logs in by more than a password says so",
    fieldCase(accounts, async () => {
      await field.server.admin(
        "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'",
        "SET GLOBAL authentication_policy = '*,,'",
      );
      const seen = await field.rotate({
        strategy: "single-user",
        situate: field.given("ALTER USER <user> ADD 2 FACTOR IDENTIFIED WITH auth_socket"),
      });
      expect(seen).toMatchObject({ codes: ["credential-refused"], foretold: ["credential-refused"] });
      expect(seen.hints[0]).toContain("more or something else than a password");
    }),
  );

  test(
    "an idle user that somebody locked is not handed out",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ strategy: "alternating-users" });
      await field.stage.rotate(seen.secretId);
      await field.server.admin(`ALTER USER \`${seen.account.username}_clone\` ACCOUNT LOCK`);
      const before = field.stage.outcomes.length;
      await field.stage.rotate(seen.secretId);
      expect(field.stage.outcomes.slice(before).flatMap(({ code }) => code ?? [])).toContain("account-unsupported");
      expect(await field.stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
    }),
  );

  test(
    "what the alternate has beyond the first is taken away: rights, roles, limits, attributes",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ strategy: "alternating-users" });
      await field.stage.rotate(seen.secretId);
      const clone = `\`${seen.account.username}_clone\``;
      await field.server.admin(
        "CREATE ROLE IF NOT EXISTS surplus",
        `GRANT surplus TO ${clone}`,
        `GRANT DROP ON shop.* TO ${clone}`,
        `ALTER USER ${clone} WITH MAX_USER_CONNECTIONS 3 PASSWORD HISTORY 4 PASSWORD EXPIRE NEVER`,
        `ALTER USER ${clone} ATTRIBUTE '{"team": "another"}'`,
      );
      await field.stage.rotate(seen.secretId);
      const said = JSON.stringify([
        ...(await field.server.admin(`SHOW GRANTS FOR ${clone}`)),
        ...(await field.server.admin(`SHOW CREATE USER ${clone}`)),
      ]);
      expect(said).not.toMatch(/DROP|surplus|MAX_USER_CONNECTIONS 3|HISTORY 4|NEVER|another/);
      expect(await field.stage.logsIn(seen.secretId, "AWSCURRENT")).toBe(true);
    }),
  );

  test(
    "a second password is discarded by single-user, with the right to",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        account: { password: "one" },
        situate: field.given(
          "ALTER USER <user> IDENTIFIED BY 'older'",
          "ALTER USER <user> IDENTIFIED BY 'one' RETAIN CURRENT PASSWORD",
        ),
      });
      expect(seen).toMatchObject({ codes: [], logsIn: true });
      expect(await field.stage.server.accepts({ ...seen.account, password: "older" })).toBe(false);
    }),
  );
});
