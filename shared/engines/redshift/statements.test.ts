import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { Connection } from "../postgres/connection.ts";
import { redshiftEngine, redshiftSession } from "./redshift-engine.ts";

const call = { signal: new AbortController().signal };
const pair = { first: "app", alternate: "app_clone", isGranted: false };
const clone = { username: "app_clone", password: new SecretValue("canary-1") };

type Answers = Readonly<Record<string, readonly object[] | RekeyError>>;

/** A connection that keeps what it is given and answers by the operation's name, an error only the first time. */
function scripted(answers: Answers): { readonly connection: Connection; readonly statements: string[] } {
  const statements: string[] = [];
  const thrown = new Set<string>();
  return {
    statements,
    connection: {
      processId: 1,
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

const user = (name: string, connlimit = "UNLIMITED") => ({
  name,
  superuser: false,
  connlimit,
  settings: null,
  createdb: false,
  validuntil: "infinity",
});

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

test("expiry, CREATEDB, SYSLOG ACCESS and SESSION TIMEOUT are made the first one's", async () => {
  const { connection, statements } = scripted({
    "read users": [
      { ...user("app"), createdb: true, validuntil: "2099-01-01 00:00:00" },
      { ...user("app_clone"), settings: ["work=1"] },
    ],
    "read user properties": [
      { name: "app", syslog: "UNRESTRICTED", timeout: "900", external: null },
      { name: "app_clone", syslog: "RESTRICTED", timeout: null, external: null },
    ],
    "read mark": [{ name: "rekey_alternate_of_app" }],
    "read groups": [{ member: "app_clone", name: "rekey_alternate_of_app" }],
  });
  await redshiftSession(connection).syncPair(pair, clone, call);
  expect(statements.at(-2)?.split("; ").slice(1)).toEqual([
    'ALTER USER "app_clone" CREATEDB',
    `ALTER USER "app_clone" VALID UNTIL '2099-01-01 00:00:00'`,
    'ALTER USER "app_clone" SYSLOG ACCESS UNRESTRICTED',
    'ALTER USER "app_clone" SESSION TIMEOUT 900',
    'ALTER USER "app_clone" RESET "work"',
  ]);
});

test("a user of an identity provider has no alternate", async () => {
  const { connection } = scripted({
    "read users": [user("app")],
    "read user properties": [{ name: "app", syslog: "RESTRICTED", timeout: 0, external: "app@idp" }],
  });
  await expect(redshiftSession(connection).syncPair(pair, clone, call)).rejects.toMatchObject({
    code: "account-unsupported",
    context: { property: "EXTERNALID" },
  });
});

test("the only form of password is md5", () => {
  const { passwordHash } = redshiftEngine();
  expect(passwordHash?.(new Map([["rekey:password-hash", "md5"]]))).toBe("md5");
  expect(() => passwordHash?.(new Map([["rekey:password-hash", "scram-sha-256"]]))).toThrow("option-invalid");
});

test("a rehearsal ends in ROLLBACK", async () => {
  const { connection, statements } = scripted({ "read users": [user("app")] });
  const session = redshiftSession(connection);
  await session.rehearse({ method: "setPassword", credential: clone }, call);
  await session.rehearse({ method: "syncPair", pair, next: clone }, call);
  expect(
    statements.filter((statement) => /^(?:BEGIN|COMMIT|ROLLBACK)/.test(statement)).map((one) => one.slice(0, 5)),
  ).toEqual(["BEGIN", "ROLLB", "BEGIN", "ROLLB"]);
});

test("nothing that PostgreSQL 8 does not know is said, and no password", async () => {
  const { connection, statements } = scripted({ "read users": [user("app")] });
  const session = redshiftSession(connection);
  await session.setPassword({ username: "app", password: new SecretValue("canary-2") }, call);
  await session.syncPair(pair, clone, call);
  const all = statements.join("\n");
  expect(statements).toHaveLength(12);
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

test.each([["setPassword"], ["syncPair"]] as const)(
  "what a plan says of %s is what a session sends",
  async (method) => {
    const { connection, statements } = scripted({
      "read users": [user("app"), user("app_clone")],
      "read mark": [{ name: "rekey_alternate_of_app" }],
      "read groups": [{ member: "app_clone", name: "rekey_alternate_of_app" }],
    });
    const session = redshiftSession(connection);
    await (method === "setPassword" ? session.setPassword(clone, call) : session.syncPair(pair, clone, call));
    const sent = statements.flatMap((statement) => statement.split("; "));
    const shapes = redshiftEngine().plannedStatements?.[method] ?? [];
    expect(sent).toEqual(
      shapes.map((shape) => {
        const parts = shape.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
        return expect.stringMatching(new RegExp(`^${parts.join(".+")}$`));
      }),
    );
  },
);

test("Redshift is told by its version, and an unreadable rest is left out", async () => {
  const denied = new RekeyError("database-rights-missing");
  const { connection } = scripted({
    "inspect the version": [{ version: "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.48805" }],
    "inspect the mode": denied,
    "inspect the users": denied,
  });
  await expect(redshiftSession(connection).inspect(["app"], call)).resolves.toEqual({
    version: "Redshift 1.0.48805",
    isSupported: true,
    isReadOnly: false,
    users: new Map(),
  });
});

test.each([
  [[{ name: "ALTER USER" }], true],
  [[], false],
])("the system privilege ALTER USER (%j) changes others: %s", async (rights, mayBeChanged) => {
  const row = { name: "app", superuser: false, self: false, mysuper: false, expires: "infinity" };
  const { connection } = scripted({ "inspect the users": [row], "inspect the rights": rights });
  const { users } = await redshiftSession(connection).inspect(["app"], call);
  expect(users.get("app")).toEqual({ mayBeChanged, isOurAlternate: false });
});

test("any other refusal is not repeated", async () => {
  const denied = new RekeyError("database-rights-missing", { context: { sqlstate: "42501" } });
  const { connection, statements } = scripted({ "set password": denied });
  const change = redshiftSession(connection).setPassword({ username: "app", password: new SecretValue("p") }, call);
  await expect(change).rejects.toMatchObject({
    code: "database-rights-missing",
    context: denied.context,
    hint: expect.stringContaining("ALTER USER"),
  });
  expect(statements).toHaveLength(3);
});
