import { describe, expect, test } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { duringTests } from "./field-stage.ts";
import { startMariadbField, mariadbVariants, rotateEachWithInitConnect } from "./mysql-family.ts";

const sessions = "the session of the user's settings";
const accounts = "an account rewritten";
printFieldCases();

describe.skipIf(mariadbd === undefined)("accounts of MariaDB as people have them", () => {
  const field = duringTests(startMariadbField);

  test.each([
    ["quotes names with double quotes", "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'"],
    ["is Oracle's", "sql_mode = 'ORACLE'"],
    ["commits nothing by itself", "autocommit = 0"],
    ["may only read", "tx_read_only = 1"],
    ["speaks Latin", "NAMES latin1"],
    ["answers with no rows", "sql_select_limit = 0"],
    ["refuses large joins", "max_join_size = 1"],
    ["hashes as MySQL 4.0 did", "old_passwords = 1"],
    ["ends after a commit", "completion_type = 2"],
    ["waits for no lock", "lock_wait_timeout = 1"],
  ])("a session that %s does not matter", (_what, setting) =>
    fieldCase(sessions, async () => {
      for (const seen of await rotateEachWithInitConnect(field, mariadbVariants, setting)) {
        expect(seen).toMatchObject({ codes: [], logsIn: true });
      }
    })(),
  );

  test(
    "an admin whose rights come by a role that is not its default takes it on",
    fieldCase(sessions, async () => {
      await field.during(
        [
          "CREATE ROLE nothing",
          "CREATE ROLE keeper",
          "GRANT CREATE USER, PROCESS ON *.* TO keeper",
          "GRANT SELECT, UPDATE ON mysql.* TO keeper",
          "GRANT ALL ON shop.* TO keeper WITH GRANT OPTION",
          "REVOKE ALL PRIVILEGES, GRANT OPTION FROM rotator",
          "GRANT nothing TO rotator",
          "GRANT keeper TO rotator",
        ],
        [
          "GRANT CREATE USER, PROCESS ON *.* TO rotator WITH GRANT OPTION",
          "GRANT SELECT, UPDATE ON mysql.* TO rotator WITH GRANT OPTION",
          "GRANT ALL ON shop.* TO rotator WITH GRANT OPTION",
          "DROP ROLE nothing, keeper",
        ],
        async () => {
          for (const variant of mariadbVariants.slice(1))
            expect(await field.rotate(variant)).toMatchObject({ codes: [], logsIn: true });
        },
      );
    }),
  );

  test(
    "a time limit of the account's statements holds for the service, not for rekey",
    fieldCase(sessions, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        situate: field.given("ALTER USER <user> WITH MAX_STATEMENT_TIME 0.2"),
      });
      expect(seen).toMatchObject({ codes: [], logsIn: true });
    }),
  );

  /** Another account of the name, which the same password opens: its hash is copied. */
  const sibling = (host: string): readonly string[] => [
    "SET @hash = (SELECT JSON_VALUE(Priv, '$.authentication_string') FROM mysql.global_priv WHERE User = '<name>' LIMIT 1)",
    `EXECUTE IMMEDIATE CONCAT("CREATE USER '<name>'@'${host}' IDENTIFIED BY PASSWORD '", @hash, "'")`,
  ];

  test.each([
    ["single-user", "localhost"],
    ["single-user", "10.%"],
    ["dual-password", "localhost"],
    ["dual-password", "10.%"],
  ] as const)("%s changes the accounts of one name and password together, also %s", (strategy, host) =>
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ strategy, usesAdmin: true, situate: field.given(...sibling(host)) });
      expect(seen).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-of-one-name"] });
      expect(await field.storedPasswords(seen.account.username)).toBe(1);
    })(),
  );

  test(
    "an account of the name with another password is somebody else's: it stays, and the doctor tells of it",
    fieldCase(accounts, async () => {
      for (const strategy of ["single-user", "dual-password"] as const) {
        const seen = await field.rotate({
          strategy,
          usesAdmin: true,
          situate: field.given("CREATE USER '<name>'@'10.%' IDENTIFIED BY 'another'"),
        });
        expect(seen).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-of-one-name"] });
        const [row] = await field.server.admin(
          `SELECT Password = PASSWORD('another') AS stays FROM mysql.user WHERE User = '${seen.account.username}' AND Host = '10.%'`,
        );
        expect(row).toEqual({ stays: 1 });
      }
    }),
  );

  test(
    "accounts of one name that the user itself sees and may not change are refused; unseen ones are a warning",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        situate: field.given("GRANT SELECT ON mysql.* TO <user>", ...sibling("10.%")),
      });
      expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
      expect(await field.storedPasswords(seen.account.username)).toBe(1);
      const blind = await field.rotate({ strategy: "single-user" });
      expect(blind).toMatchObject({ codes: [], logsIn: true, warned: ["accounts-unseen"] });
    }),
  );

  test(
    "a pair of several accounts is refused by that name",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ strategy: "alternating-users", situate: field.given(...sibling("10.%")) });
      expect(seen).toMatchObject({ codes: ["account-unsupported"], foretold: ["account-unsupported"], logsIn: true });
    }),
  );

  const both = (password: string): string =>
    `ALTER USER <user> IDENTIFIED VIA ed25519 USING PASSWORD('${password}') OR mysql_native_password USING PASSWORD('${password}')`;

  test.each(mariadbVariants)("two plugins with one password: $strategy (admin: $usesAdmin)", (variant) =>
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ ...variant, account: { password: "one" }, situate: field.given(both("one")) });
      expect(seen.logsIn).toBe(true);
      expect(seen.codes).toEqual(variant.usesAdmin ? [] : ["database-rights-missing"]);
      const [row] = await field.server.admin(`SHOW CREATE USER \`${seen.account.username}\``);
      const text = JSON.stringify(row);
      expect([text.includes("ed25519"), text.includes("mysql_native_password")]).toEqual([true, true]);
    })(),
  );

  test(
    "unix_socket OR a password: the user changes it itself, and unix_socket stays",
    fieldCase(accounts, async () => {
      for (const order of [
        "unix_socket OR mysql_native_password USING PASSWORD('one')",
        "mysql_native_password USING PASSWORD('one') OR unix_socket",
      ]) {
        const seen = await field.rotate({
          strategy: "single-user",
          account: { password: "one" },
          situate: field.given(`ALTER USER <user> IDENTIFIED VIA ${order}`),
        });
        expect(seen).toMatchObject({ codes: [], logsIn: true });
        expect(JSON.stringify(await field.server.admin(`SHOW CREATE USER \`${seen.account.username}\``))).toContain(
          "unix_socket",
        );
      }
    }),
  );

  test(
    "a disabled password stays disabled",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({
        strategy: "single-user",
        usesAdmin: true,
        account: { password: "one" },
        situate: field.given(
          "ALTER USER <user> IDENTIFIED VIA mysql_native_password USING 'invalid' OR ed25519 USING PASSWORD('one')",
        ),
      });
      expect(seen).toMatchObject({ codes: [], logsIn: true });
      expect(JSON.stringify(await field.server.admin(`SHOW CREATE USER \`${seen.account.username}\``))).toContain(
        "'invalid'",
      );
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
    "what was given to the alternate alone is taken away",
    fieldCase(accounts, async () => {
      const seen = await field.rotate({ strategy: "alternating-users" });
      const clone = `\`${seen.account.username}_clone\``;
      await field.server.admin(
        `GRANT DROP ON shop.* TO ${clone}`,
        `ALTER USER ${clone} WITH MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE INTERVAL 9 DAY`,
      );
      await field.stage.rotate(seen.secretId);
      const said = JSON.stringify([
        ...(await field.server.admin(`SHOW GRANTS FOR ${clone}`)),
        ...(await field.server.admin(`SHOW CREATE USER ${clone}`)),
      ]);
      expect(said).not.toMatch(/DROP|MAX_USER_CONNECTIONS 3|INTERVAL/);
    }),
  );
});
