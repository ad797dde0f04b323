import { createServer } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutAfter } from "../../../tests/support/cut-after.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "../../../tests/support/mysql-servers.ts";
import { createAuthority } from "../../testing/engine-contract/certificates.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { mariadbEngine, type MariadbSession } from "../mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../mysql/mysql-engine.ts";
import { quoteAccount } from "./names.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";

const call: CallOptions = { signal: new AbortController().signal };
const authority = createAuthority("the tests' own");
const ca = authority.certificate;
const canary = "canary-7Zq-";
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});
const account = (user: string): string => quoteAccount({ user, host: "%" });

const servers = [
  {
    product: "mariadb",
    binary: mariadbd,
    engine: mariadbEngine(),
    withForeignPlugin: ["CREATE USER elsewhere IDENTIFIED VIA unix_socket"],
  },
  {
    product: "mysql",
    binary: mysqld,
    engine: mysqlEngine(),
    withForeignPlugin: [
      "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'",
      "CREATE USER elsewhere IDENTIFIED WITH auth_socket",
    ],
  },
] as const;

describe.each(servers)("$product", ({ product, binary, engine, withForeignPlugin }) => {
  describe.skipIf(binary === undefined)("on a real server", () => {
    let server: MysqlServer;
    let target: DatabaseTarget;

    beforeAll(async () => {
      const certificate = authority.issue({ addresses: ["127.0.0.1"] });
      server = await startMysqlServer(product, binary ?? "", { certificate });
      const { host, port } = server;
      target = { engine: product, host, port, dbname: "", tls: { mode: "verify-full", ca }, options: new Map() };
      await server.admin(
        "CREATE DATABASE shop",
        "CREATE TABLE shop.orders (a int, b int)",
        "CREATE USER rotator IDENTIFIED BY 'rotator'",
        "GRANT ALL ON *.* TO rotator WITH GRANT OPTION",
      );
    });
    afterAll(async () => server?.stop());

    const logIn = async (who: Credential, change: Partial<DatabaseTarget> = {}) =>
      engine.login({ ...target, ...change }, who, call);

    async function open(who: Credential, change: Partial<DatabaseTarget> = {}): Promise<MariadbSession> {
      const login = await logIn(who, change);
      if (!login.ok) throw new Error(`refused: ${login.refusal}`);
      return login.session;
    }
    async function outcome(who: Credential): Promise<string> {
      const login = await logIn(who);
      if (!login.ok) return login.refusal;
      await login.session[Symbol.asyncDispose]();
      return "logs in";
    }
    const rotator = credential("rotator", "rotator");

    describe("logging in", () => {
      test("a wrong password, an unknown user, a locked and an expired one are results", async () => {
        await server.admin(
          "CREATE USER locked IDENTIFIED BY 'p' ACCOUNT LOCK",
          "CREATE USER expired IDENTIFIED BY 'p' PASSWORD EXPIRE",
        );
        expect(await outcome(credential("rotator", "wrong"))).toBe("bad-credential");
        expect(await outcome(credential("nobody", "p"))).toBe("bad-credential");
        expect(await outcome(credential("locked", "p"))).toBe("login-not-allowed");
        expect(await outcome(credential("expired", "p"))).toBe("expired");
      });

      test.each([
        ["a closed port", { port: 1 }, "database-unreachable"],
        ["an unknown database", { dbname: "nope" }, "database-unknown"],
        ["a root that did not make the certificate", { tls: { mode: "verify-full" } }, "tls-refused"],
      ] as const)("%s is an error", async (_what, change, code) => {
        await expect(logIn(rotator, change)).rejects.toMatchObject({ code });
      });

      test("a certificate for another name is refused before anything is sent, unless that check is given up", async () => {
        const before = await server.log();
        await expect(logIn(rotator, { host: "localhost" })).rejects.toMatchObject({ code: "tls-refused" });
        expect((await server.log()).slice(before.length)).not.toContain("rotator");
        await using session = await open(rotator, { host: "localhost", tls: { mode: "verify-ca", ca } });
        expect(session).toBeDefined();
      });

      test("too many connections and a time that is up have their own codes", async () => {
        await server.admin("CREATE USER narrow IDENTIFIED BY 'p' WITH MAX_USER_CONNECTIONS 1");
        await using first = await open(credential("narrow", "p"));
        expect(first).toBeDefined();
        await expect(logIn(credential("narrow", "p"))).rejects.toMatchObject({ code: "database-busy" });
        await expect(engine.login(target, rotator, { signal: AbortSignal.abort() })).rejects.toMatchObject({
          code: "time-budget-spent",
        });
      });
    });

    describe("changing a password", () => {
      test.each([["plain"], ["we\"ird;x'y\\z"], ["ünï cøde"], ["percent%s`"]])(
        "of the user %s, by itself and by an admin",
        async (username) => {
          await server.admin(`CREATE USER ${account(username)} IDENTIFIED BY 'before'`);
          const own = credential(username, `${canary}${username}'"\\%`);
          {
            await using session = await open(credential(username, "before"));
            await session.setPassword(own, call);
          }
          expect(await outcome(own)).toBe("logs in");
          expect(await outcome(credential(username, "before"))).toBe("bad-credential");
          const next = credential(username, `${canary}admin${username}'"\\%`);
          await using admin = await open(rotator);
          await admin.setPassword(next, call);
          expect(await outcome(next)).toBe("logs in");
        },
      );

      test("takes any name and any password as they are", async () => {
        const awkward = fc.constantFrom(...Array.from("aZ09 '\"`\\%$;-@ü漢é\t#*/"));
        const name = fc
          .string({ unit: awkward, minLength: 1, maxLength: 16 })
          .filter((text) => !/^\s|\s$|^'.*'$/u.test(text)); // a server strips these from the name that logs in
        const word = fc
          .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
          .filter((text) => !text.includes("\0"));
        await fc.assert(
          fc.asyncProperty(name, word, async (username, password) => {
            await server.admin(
              `DROP USER IF EXISTS ${account(username)}`,
              `CREATE USER ${account(username)} IDENTIFIED BY 'before'`,
            );
            const next = credential(username, password);
            {
              await using session = await open(credential(username, "before"));
              await session.setPassword(next, call);
            }
            expect(await outcome(next)).toBe("logs in");
          }),
          { numRuns: sampledRuns(25) },
        );
      });

      test("two at once on one user wait for each other", async () => {
        await server.admin("CREATE USER busy IDENTIFIED BY 'before'");
        await using one = await open(credential("busy", "before"));
        await using other = await open(credential("busy", "before"));
        const next = credential("busy", `${canary}busy`);
        await Promise.all([one.setPassword(next, call), other.setPassword(next, call)]);
        expect(await outcome(next)).toBe("logs in");
      });

      test("a lock that somebody else holds is database-locked", async () => {
        await server.admin("CREATE USER waits IDENTIFIED BY 'before'");
        const slow = server.admin("SELECT GET_LOCK('rekey', 5)", "SELECT SLEEP(8)");
        await expect.poll(async () => server.log()).toContain("SLEEP(8)");
        await using session = await open(credential("waits", "before"));
        await expect(session.setPassword(credential("waits", "x"), call)).rejects.toMatchObject({
          code: "database-locked",
        });
        await slow;
      });

      test("another user's without the right, a read-only server, several accounts of one name, a foreign plugin", async () => {
        await server.admin(
          "CREATE USER weak IDENTIFIED BY 'weak'",
          "CREATE USER twice@'%' IDENTIFIED BY 'p', twice@'10.%' IDENTIFIED BY 'p'",
          ...withForeignPlugin,
        );
        await using weak = await open(credential("weak", "weak"));
        await expect(weak.setPassword(credential("rotator", "x"), call)).rejects.toMatchObject({
          code: "database-rights-missing",
        });
        await using admin = await open(rotator);
        for (const user of ["twice", "elsewhere"]) {
          await expect(admin.setPassword(credential(user, "x"), call)).rejects.toMatchObject({
            code: "account-unsupported",
          });
        }
        await server.admin("SET GLOBAL read_only = 1");
        await expect(weak.setPassword(credential("weak", "x"), call)).rejects.toMatchObject({
          code: "database-read-only",
        });
        await server.admin("SET GLOBAL read_only = 0");
      });
    });

    describe("two passwords at once", () => {
      const old = credential("two", `${canary}old`);
      const next = credential("two", `${canary}next`);
      const later = credential("two", `${canary}later`);
      beforeAll(async () => void (await server.admin(`CREATE USER two IDENTIFIED BY '${canary}old'`)));

      test("keepBoth is exact and may be repeated at any time, by an admin", async () => {
        await using admin = await open(rotator);
        for (let run = 0; run < 2; run++) {
          await admin.keepBoth(old, next, call);
          expect([await outcome(old), await outcome(next)]).toEqual(["logs in", "logs in"]);
        }
        await admin.keepBoth(next, later, call);
        expect([await outcome(old), await outcome(next), await outcome(later)]).toEqual([
          "bad-credential",
          "logs in",
          "logs in",
        ]);
      });

      test("keepOnly makes either of them the only one, and may be repeated", async () => {
        await using admin = await open(rotator);
        for (let run = 0; run < 2; run++) {
          await admin.keepOnly(next, call);
          expect([await outcome(next), await outcome(later)]).toEqual(["logs in", "bad-credential"]);
        }
        await admin.keepBoth(next, later, call);
        await admin.keepOnly(later, call);
        expect([await outcome(next), await outcome(later)]).toEqual(["bad-credential", "logs in"]);
      });

      test("an admin's setPassword leaves no second one behind", async () => {
        await using admin = await open(rotator);
        await admin.keepBoth(later, next, call);
        await admin.setPassword(old, call);
        expect([await outcome(old), await outcome(next), await outcome(later)]).toEqual([
          "logs in",
          "bad-credential",
          "bad-credential",
        ]);
      });

      test("a user without the right to keep two is told so", async () => {
        await using session = await open(old);
        await expect(session.keepBoth(old, next, call)).rejects.toMatchObject({ code: "database-rights-missing" });
        expect(await outcome(old)).toBe("logs in");
      });
    });

    describe("a pair of users", () => {
      const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };
      const app = credential("app", `${canary}app`);
      const clone = credential("app_clone", `${canary}clone`);
      const sync = async (next: Credential, which: UserPair = pair): Promise<void> => {
        await using session = await open(rotator);
        await session.syncPair(which, next, call);
      };
      const can = async (who: Credential, dbname: string): Promise<boolean> =>
        logIn(who, { dbname }).then(
          async (login) => {
            if (login.ok) await login.session[Symbol.asyncDispose]();
            return login.ok;
          },
          () => false,
        );

      beforeAll(async () => {
        await server.admin(
          "CREATE DATABASE audit",
          "CREATE ROLE reader",
          "GRANT SELECT ON audit.* TO reader",
          `CREATE USER app IDENTIFIED BY '${canary}app' REQUIRE SSL WITH MAX_USER_CONNECTIONS 9`,
          "GRANT SELECT, INSERT (a, b) ON shop.orders TO app WITH GRANT OPTION",
          "GRANT reader TO app, rotator WITH ADMIN OPTION",
          product === "mysql" ? "SET DEFAULT ROLE reader TO app" : "SET DEFAULT ROLE reader FOR app",
        );
      });

      test("makes the alternate user with the first one's rights, roles, limits and TLS, and repeats without harm", async () => {
        await sync(clone);
        await sync(clone);
        expect(await outcome(clone)).toBe("logs in");
        expect([await can(clone, "shop"), await can(clone, "audit")]).toEqual([true, true]);
        const [row] = await server.admin(
          "SELECT ssl_type AS tls, max_user_connections AS most FROM mysql.user WHERE User = 'app_clone'",
        );
        expect(row).toEqual({ tls: "ANY", most: 9 });
      });

      test("a REVOKE on the first holds for both and survives two alternations", async () => {
        await server.admin(
          "GRANT ALL ON audit.* TO app",
          "REVOKE SELECT, INSERT (a, b), GRANT OPTION ON shop.orders FROM app",
        );
        for (const next of [app, clone]) {
          await sync(next);
          expect(await outcome(next)).toBe("logs in");
          expect([await can(app, "shop"), await can(clone, "shop")]).toEqual([false, false]);
        }
        await server.admin("REVOKE ALL ON audit.* FROM app", "REVOKE reader FROM app");
        await sync(app);
        expect([await can(app, "audit"), await can(clone, "audit")]).toEqual([false, false]);
      });

      test("a user of the alternate's name that rekey did not make is never touched, unless a human named it", async () => {
        await server.admin(
          "CREATE USER foo IDENTIFIED BY 'foo'",
          "CREATE USER foo_clone IDENTIFIED BY 'foreign'",
          "GRANT SELECT ON shop.* TO foo_clone",
        );
        const foreign: UserPair = { first: "foo", alternate: "foo_clone", isGranted: false };
        await expect(sync(credential("foo_clone", "x"), foreign)).rejects.toMatchObject({ code: "user-collision" });
        await expect(
          sync(credential("foo", "x"), { first: "foo_clone", alternate: "foo", isGranted: false }),
        ).rejects.toMatchObject({ code: "user-collision" });
        expect(await outcome(credential("foo_clone", "foreign"))).toBe("logs in");
        await sync(credential("foo_clone", `${canary}named`), { ...foreign, isGranted: true });
        expect(await outcome(credential("foo_clone", `${canary}named`))).toBe("logs in");
        await sync(credential("foo_clone", `${canary}again`), foreign);
        expect(await outcome(credential("foo_clone", `${canary}again`))).toBe("logs in");
      });

      test("an administrator is never one of a pair, and hosts must be the same", async () => {
        await server.admin("CREATE USER far IDENTIFIED BY 'p'", "CREATE USER far_clone@'10.%' IDENTIFIED BY 'p'");
        await expect(
          sync(credential("rotator", "x"), { first: "app", alternate: "rotator", isGranted: true }),
        ).rejects.toMatchObject({ code: "user-collision" });
        await expect(
          sync(credential("far_clone", "x"), { first: "far", alternate: "far_clone", isGranted: true }),
        ).rejects.toMatchObject({ code: "user-collision" });
      });

      test("goes on from wherever it was cut", async () => {
        await server.admin(
          "CREATE USER cut IDENTIFIED BY 'p'",
          "GRANT SELECT ON shop.* TO cut",
          "GRANT INSERT ON audit.* TO cut",
        );
        const cutPair: UserPair = { first: "cut", alternate: "cut_clone", isGranted: false };
        const next = credential("cut_clone", `${canary}cut`);
        for (let after = 1; after <= 14; after++) {
          await server.admin(
            "DROP USER IF EXISTS cut_clone",
            ...(product === "mariadb" ? ["DROP ROLE IF EXISTS `rekey alternate of cut`"] : []),
          );
          {
            await using session = await open(rotator);
            await session.syncPair(cutPair, next, cutAfter(after)).catch(() => undefined);
          }
          await sync(next, cutPair);
          expect(await outcome(next)).toBe("logs in");
          expect([await can(next, "shop"), await can(next, "audit")]).toEqual([true, true]);
        }
      });
    });

    test(
      "a host that accepts and says nothing, and one that goes away, are reported in time",
      { timeout: 20_000 },
      async () => {
        const silent = createServer(() => undefined).listen(0, "127.0.0.1");
        await once(silent, "listening");
        const address = silent.address();
        const port = typeof address === "object" ? (address?.port ?? 0) : 0;
        await expect(logIn(rotator, { port })).rejects.toMatchObject({ code: "database-timeout" });
        silent.close();
        await using session = await open(rotator);
        const [row] = await server.admin(
          "SELECT id FROM information_schema.processlist WHERE user = 'rotator' LIMIT 1",
        );
        await server.admin(`KILL ${Number(Object.values(row ?? {})[0])}`);
        await expect(session.setPassword(credential("rotator", "x"), call)).rejects.toMatchObject({
          code: "connection-lost",
        });
      },
    );

    test("no password that the engine set is in the server's log of every statement", async () => {
      const statements = (await server.log())
        .split("\n")
        .filter((line) => /ALTER USER|SET PASSWORD|CREATE USER/.test(line));
      expect(statements.length).toBeGreaterThan(20);
      expect(
        statements.filter(
          (line) => line.includes(canary) && !line.includes("CREATE USER app ") && !line.includes("CREATE USER two "),
        ),
      ).toEqual([]);
    });
  });
});
