import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mariadbEngine, type MariadbSession } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import type { Credential, DatabaseTarget, ServerFacts, UserPair } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "../support/mysql-servers.ts";

const call = { signal: new AbortController().signal };
const authority = createAuthority("the tests' own");
const credential = (username: string, password = username): Credential => ({
  username,
  password: new SecretValue(password),
});
const day = 86_400_000;

const servers = [
  { product: "mariadb", binary: mariadbd, engine: mariadbEngine(), name: "MariaDB", locks: 4 },
  { product: "mysql", binary: mysqld, engine: mysqlEngine(), name: "MySQL", locks: undefined },
] as const;

/** A statement of the log in the form of a shape: its literals, names and numbers as `…`. */
const matches = (statement: string, shape: string): boolean => {
  const pattern = shape.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join("[^]*?")}`).test(statement);
};

const queriesOf = (log: string): readonly string[] =>
  log
    .split(/\n(?=[^\n\t]*\t+ *\d+ [A-Z]\w+(?: \w+)?\t)/)
    .flatMap((entry) => /^[^\t]*\t+ *\d+ Query\t([^]*)$/.exec(entry)?.[1]?.trim() ?? [])
    .filter((statement) => !statement.startsWith("SELECT CURRENT_USER()"));

describe.each(servers)("$product", ({ product, binary, engine, name, locks }) => {
  describe.skipIf(binary === undefined)("on a real server", () => {
    let server: MysqlServer;
    let target: DatabaseTarget;
    const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };
    const names = [pair.first, pair.alternate];

    async function open(username: string, password = username): Promise<MariadbSession> {
      const login = await engine.login(target, credential(username, password), call);
      if (!login.ok) throw new Error(`refused: ${login.refusal}`);
      return login.session;
    }
    async function inspect(username: string, asked: readonly string[]): Promise<ServerFacts> {
      await using session = await open(username);
      return await session.inspect(asked, call);
    }
    /** What a method says it sends and did not, and what it sent and does not say. */
    async function compare(method: string, who: string, work: (session: MariadbSession) => Promise<void>) {
      await using session = await open(who);
      const before = (await server.log()).length;
      await work(session);
      const statements = queriesOf((await server.log()).slice(before));
      const planned = engine.plannedStatements?.[method] ?? [];
      return {
        unsaid: statements.filter((statement) => !planned.some((shape) => matches(statement, shape))),
        unsent: planned.filter((shape) => !statements.some((statement) => matches(statement, shape))),
      };
    }
    const asSaid = { unsaid: [], unsent: [] };

    beforeAll(async () => {
      const certificate = authority.issue({ addresses: ["127.0.0.1"] });
      const settings = ["--server-id=2", ...(product === "mariadb" ? ["--max-password-errors=4"] : [])];
      server = await startMysqlServer(product, binary ?? "", { certificate, settings });
      const { host, port } = server;
      const tls = { mode: "verify-full", ca: authority.certificate } as const;
      target = { engine: product, host, port, dbname: "", tls, options: new Map() };
      await server.admin(
        "CREATE DATABASE shop",
        "CREATE USER rotator IDENTIFIED BY 'rotator', reader IDENTIFIED BY 'reader', blind IDENTIFIED BY 'blind'",
        "CREATE USER writer IDENTIFIED BY 'writer', indirect IDENTIFIED BY 'indirect'",
        "GRANT ALL ON *.* TO rotator WITH GRANT OPTION",
        "GRANT SELECT ON mysql.* TO reader",
        "GRANT CREATE USER ON *.* TO blind",
        "GRANT SELECT, UPDATE ON mysql.* TO writer",
        "CREATE ROLE changers",
        "GRANT CREATE USER ON *.* TO changers",
        "GRANT SELECT ON mysql.* TO changers",
        "GRANT changers TO indirect",
        product === "mysql" ? "SET DEFAULT ROLE changers TO indirect" : "SET DEFAULT ROLE changers FOR indirect",
        "CREATE USER app IDENTIFIED BY 'app' PASSWORD EXPIRE INTERVAL 90 DAY",
        "CREATE USER foo IDENTIFIED BY 'foo', foo_clone IDENTIFIED BY 'foreign'",
        "GRANT SELECT ON shop.* TO app, foo_clone",
      );
    });
    afterAll(async () => server?.stop());

    test("syncPair sends what is planned, and only a pair's making sends more", async () => {
      const sync = async (session: MariadbSession) => session.syncPair(pair, credential("app_clone"), call);
      const { unsaid } = await compare("syncPair", "rotator", sync);
      expect(unsaid.filter((statement) => !/^(?:CREATE (?:ROLE|USER)|GRANT) |ACCOUNT UNLOCK$/.test(statement))).toEqual(
        [],
      );
      expect(await compare("syncPair", "rotator", sync)).toEqual(asSaid);
      expect(JSON.stringify(engine.plannedStatements)).not.toMatch(/app|'/);
    });

    test("setPassword, keepBoth and keepOnly send what is planned", async () => {
      const [old, next] = [credential("foo"), credential("foo", "next")];
      expect(await compare("setPassword", "foo", async (session) => session.setPassword(old, call))).toEqual(asSaid);
      expect(await compare("keepBoth", "rotator", async (session) => session.keepBoth(old, next, call))).toEqual(
        asSaid,
      );
      expect(await compare("keepOnly", "rotator", async (session) => session.keepOnly(old, call))).toEqual(asSaid);
    });

    test("a user without rights sees the server, and that it may change itself", async () => {
      const facts = await inspect("foo", ["foo", "foo_clone"]);
      expect(facts).toMatchObject({
        version: expect.stringMatching(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`)),
        isSupported: true,
        isReadOnly: false,
      });
      expect(facts.locksAfterRefusals).toBe(locks);
      expect(facts).not.toHaveProperty("replicaLagMs");
      expect([...facts.users]).toEqual([["foo", { mayBeChanged: true, isOurAlternate: false }]]);
      expect((await inspect("foo", ["app"])).users.get("app")).toMatchObject({ mayBeChanged: false });
    });

    test.each([
      ["rotator", true],
      ["writer", true],
      ["indirect", true],
      ["reader", false],
    ])("an admin (%s) sees both users of a pair, and whether it may change them: %s", async (who, mayBeChanged) => {
      const { users } = await inspect(who, names);
      expect(users.get("app")).toMatchObject({ mayBeChanged, isOurAlternate: false });
      expect(users.get("app_clone")).toEqual({
        ...users.get("app"),
        expiresAt: expect.any(Date),
        isOurAlternate: true,
      });
      const left = ((users.get("app")?.expiresAt?.getTime() ?? 0) - Date.now()) / day;
      expect(Math.round(left)).toBe(90);
      expect([...(await inspect(who, ["nobody", "neither"])).users.keys()]).toEqual([]);
    });

    test("one that may change accounts and not read them may not rotate", async () => {
      expect([...(await inspect("blind", names)).users]).toEqual([
        ["app", { mayBeChanged: false, isOurAlternate: false }],
      ]);
    });

    test("an alternate that rekey did not make is foreign, and the alternate knows itself", async () => {
      const { users } = await inspect("rotator", ["foo", "foo_clone"]);
      expect(users.get("foo_clone")).toMatchObject({ mayBeChanged: true, isOurAlternate: false });
      expect((await inspect("app_clone", names)).users.get("app_clone")).toMatchObject({
        mayBeChanged: true,
        isOurAlternate: true,
      });
    });

    test("a read-only server says so, to its admin too", async () => {
      await server.admin("SET GLOBAL read_only = 1");
      try {
        expect(await inspect("foo", ["foo"])).toMatchObject({ isReadOnly: true });
        expect(await inspect("rotator", names)).toMatchObject({ isReadOnly: true });
      } finally {
        await server.admin("SET GLOBAL read_only = 0");
      }
    });

    test("a running replica counts as read-only to whom may see it, and a stopped one does not", async () => {
      const [source, replica] = product === "mariadb" ? ["MASTER", "SLAVE"] : ["REPLICATION SOURCE", "REPLICA"];
      const prefix = product === "mariadb" ? "MASTER" : "SOURCE";
      await server.admin(`CHANGE ${source} TO ${prefix}_HOST = '127.0.0.1', ${prefix}_PORT = 1`);
      expect(await inspect("rotator", names)).toMatchObject({ isReadOnly: false });
      await server.admin(`START ${replica} SQL_THREAD`);
      expect(await inspect("rotator", names)).toMatchObject({ isReadOnly: true });
      expect(await inspect("foo", ["foo"])).toMatchObject({ isReadOnly: false });
      await server.admin(`STOP ${replica}`, `RESET ${replica} ALL`);
    });

    // MariaDB has no policy of an account.
    if (product === "mysql") {
      test("the lock-out of an account", async () => {
        await server.admin(
          "CREATE USER locks IDENTIFIED BY 'locks' FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED",
        );
        for (const who of ["locks", "rotator"]) {
          expect(await inspect(who, ["locks"])).toMatchObject({ locksAfterRefusals: 3 });
        }
      });
    }
  });
});
