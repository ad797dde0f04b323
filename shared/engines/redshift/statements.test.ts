import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { Connection } from "../postgres/connection.ts";
import { redshiftSession } from "./redshift-engine.ts";

const call = { signal: new AbortController().signal };
const pair = { first: "app", alternate: "app_clone", named: false };
const clone = { username: "app_clone", password: new SecretValue("canary-1") };

type Answers = Readonly<Record<string, readonly object[] | RekeyError>>;

/** A connection that keeps what it is given and answers by the operation's name, an error only the first time. */
function scripted(answers: Answers): { readonly connection: Connection; readonly statements: string[] } {
  const statements: string[] = [];
  const thrown = new Set<string>();
  return {
    statements,
    connection: {
      async run<Row extends object>(operation: string, sql: string) {
        statements.push(sql.replace(/\s+/g, " "));
        const answer = answers[operation];
        if (answer instanceof RekeyError && !thrown.has(operation)) {
          thrown.add(operation);
          throw answer;
        }
        return (answer instanceof RekeyError ? [] : (answer ?? [])) as readonly Row[];
      },
      async close() {},
    },
  };
}

const user = (name: string, connlimit = "UNLIMITED") => ({ name, superuser: false, connlimit, settings: null });

test("roles of Redshift's role-based access control are granted and revoked until they are the first one's", async () => {
  const { connection, statements } = scripted({
    "read users": [user("app"), user("app_clone", "5")],
    "read mark": [{ name: "rekey_alternate_of_app" }],
    "read groups": [{ member: "app_clone", name: "rekey_alternate_of_app" }],
    "read roles": [
      { member: "app", name: "reader" },
      { member: "app", name: "we'ird \"role" },
      { member: "app_clone", name: "reader" },
      { member: "app_clone", name: "stale" },
    ],
  });
  await redshiftSession(connection).syncPair(pair, clone, call);
  expect(statements.at(-2)?.split("; ")).toEqual([
    expect.stringMatching(/^ALTER USER "app_clone" PASSWORD 'md5[0-9a-f]{32}'$/),
    `GRANT ROLE "we'ird ""role" TO "app_clone"`,
    'REVOKE ROLE "stale" FROM "app_clone"',
    'ALTER USER "app_clone" CONNECTION LIMIT UNLIMITED',
  ]);
});

test("nothing that PostgreSQL 8 does not know is said, and no password", async () => {
  const { connection, statements } = scripted({ "read users": [user("app")] });
  const session = redshiftSession(connection);
  await session.setPassword({ username: "app", password: new SecretValue("canary-2") }, call);
  await session.syncPair(pair, clone, call);
  const all = statements.join("\n");
  expect(statements).toHaveLength(11);
  expect(all).not.toMatch(/advisory|lock_timeout|current_setting|SCRAM|\bDO\b|COMMENT ON|SET ROLE|canary/i);
  // Redshift folds quoted aliases to lower case.
  expect(all).not.toMatch(/ AS "[^"]*[A-Z]/);
});

test.each(["XX000", "40001"])("a change that lost to another one (%s) is made once more", async (sqlstate) => {
  const lost = new RekeyError("database-failed", { context: { operation: "set password", sqlstate } });
  const { connection, statements } = scripted({ "set password": lost });
  await redshiftSession(connection).setPassword({ username: "app", password: new SecretValue("p") }, call);
  expect(statements.map((statement) => statement.split(/[ ;]/)[0])).toEqual([
    "BEGIN",
    "ALTER",
    "ROLLBACK",
    "BEGIN",
    "ALTER",
    "COMMIT",
  ]);
});

test("any other refusal is not repeated", async () => {
  const denied = new RekeyError("database-rights-missing", { context: { sqlstate: "42501" } });
  const { connection, statements } = scripted({ "set password": denied });
  const change = redshiftSession(connection).setPassword({ username: "app", password: new SecretValue("p") }, call);
  await expect(change).rejects.toBe(denied);
  expect(statements).toHaveLength(3);
});
