import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutAfter } from "../../../tests/support/cut-after.ts";
import {
  call,
  credential,
  type MysqlFamilyStage,
  rotator,
  servers,
  startMysqlFamilyStage,
} from "../../../tests/support/mysql-family-stage.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { quoteAccount } from "./names.ts";

const canary = "canary-7Zq-";
const account = (user: string): string => quoteAccount({ user, host: "%" });

describe.each(servers)("$product", (kind) => {
  describe.skipIf(kind.binary === undefined)("on a real server", () => {
    let stage: MysqlFamilyStage;
    beforeAll(async () => {
      stage = await startMysqlFamilyStage(kind);
    });
    afterAll(async () => stage?.stop());

    describe("changing a password", () => {
      test.each([["plain"], ["we\"ird;x'y\\z"], ["ünï cøde"], ["percent%s`"]])(
        "of the user %s, by itself and by an admin",
        async (username) => {
          await stage.server.admin(`CREATE USER ${account(username)} IDENTIFIED BY 'before'`);
          const own = credential(username, `${canary}${username}'"\\%`);
          {
            await using session = await stage.open(credential(username, "before"));
            await session.setPassword(own, call);
          }
          expect(await stage.outcome(own)).toBe("logs in");
          expect(await stage.outcome(credential(username, "before"))).toBe("bad-credential");
          const next = credential(username, `${canary}admin${username}'"\\%`);
          await using admin = await stage.open(rotator);
          await admin.setPassword(next, call);
          expect(await stage.outcome(next)).toBe("logs in");
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
            await stage.server.admin(
              `DROP USER IF EXISTS ${account(username)}`,
              `CREATE USER ${account(username)} IDENTIFIED BY 'before'`,
            );
            const next = credential(username, password);
            {
              await using session = await stage.open(credential(username, "before"));
              await session.setPassword(next, call);
            }
            expect(await stage.outcome(next)).toBe("logs in");
          }),
          { numRuns: sampledRuns(25) },
        );
      });

      test("two at once on one user wait for each other", async () => {
        await stage.server.admin("CREATE USER busy IDENTIFIED BY 'before'");
        await using one = await stage.open(credential("busy", "before"));
        await using other = await stage.open(credential("busy", "before"));
        const next = credential("busy", `${canary}busy`);
        await Promise.all([one.setPassword(next, call), other.setPassword(next, call)]);
        expect(await stage.outcome(next)).toBe("logs in");
      });
    });

    describe("two passwords at once", () => {
      const old = credential("two", `${canary}old`);
      const next = credential("two", `${canary}next`);
      const later = credential("two", `${canary}later`);
      beforeAll(async () => void (await stage.server.admin(`CREATE USER two IDENTIFIED BY '${canary}old'`)));

      test("keepBoth is exact and may be repeated at any time, by an admin", async () => {
        await using admin = await stage.open(rotator);
        for (let run = 0; run < 2; run++) {
          await admin.keepBoth(old, next, call);
          expect([await stage.outcome(old), await stage.outcome(next)]).toEqual(["logs in", "logs in"]);
        }
        await admin.keepBoth(next, later, call);
        expect([await stage.outcome(old), await stage.outcome(next), await stage.outcome(later)]).toEqual([
          "bad-credential",
          "logs in",
          "logs in",
        ]);
      });

      test("keepOnly makes either of them the only one, and may be repeated", async () => {
        await using admin = await stage.open(rotator);
        for (let run = 0; run < 2; run++) {
          await admin.keepOnly(next, call);
          expect([await stage.outcome(next), await stage.outcome(later)]).toEqual(["logs in", "bad-credential"]);
        }
        await admin.keepBoth(next, later, call);
        await admin.keepOnly(later, call);
        expect([await stage.outcome(next), await stage.outcome(later)]).toEqual(["bad-credential", "logs in"]);
      });

      test("an admin's setPassword leaves no second one behind", async () => {
        await using admin = await stage.open(rotator);
        await admin.keepBoth(later, next, call);
        await admin.setPassword(old, call);
        expect([await stage.outcome(old), await stage.outcome(next), await stage.outcome(later)]).toEqual([
          "logs in",
          "bad-credential",
          "bad-credential",
        ]);
      });

      test("a user without the right to keep two is told so", async () => {
        await using session = await stage.open(old);
        await expect(session.keepBoth(old, next, call)).rejects.toMatchObject({ code: "database-rights-missing" });
        expect(await stage.outcome(old)).toBe("logs in");
      });
    });

    describe("a pair of users", () => {
      const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };
      const app = credential("app", `${canary}app`);
      const clone = credential("app_clone", `${canary}clone`);
      const sync = async (next: Credential, which: UserPair = pair): Promise<void> => {
        await using session = await stage.open(rotator);
        await session.syncPair(which, next, call);
      };
      const can = async (who: Credential, dbname: string): Promise<boolean> =>
        stage.logIn(who, { dbname }).then(
          async (login) => {
            if (login.ok) await login.session[Symbol.asyncDispose]();
            return login.ok;
          },
          () => false,
        );

      beforeAll(async () => {
        await stage.server.admin(
          "CREATE DATABASE audit",
          "CREATE ROLE reader",
          "GRANT SELECT ON audit.* TO reader",
          `CREATE USER app IDENTIFIED BY '${canary}app' REQUIRE SSL WITH MAX_USER_CONNECTIONS 9`,
          "GRANT SELECT, INSERT (a, b) ON shop.orders TO app WITH GRANT OPTION",
          "GRANT reader TO app, rotator WITH ADMIN OPTION",
          kind.product === "mysql" ? "SET DEFAULT ROLE reader TO app" : "SET DEFAULT ROLE reader FOR app",
        );
      });

      test("makes the alternate user with the first one's rights, roles, limits and TLS, and repeats without harm", async () => {
        await sync(clone);
        await sync(clone);
        expect(await stage.outcome(clone)).toBe("logs in");
        expect([await can(clone, "shop"), await can(clone, "audit")]).toEqual([true, true]);
        const [row] = await stage.server.admin(
          "SELECT ssl_type AS tls, max_user_connections AS most FROM mysql.user WHERE User = 'app_clone'",
        );
        expect(row).toEqual({ tls: "ANY", most: 9 });
      });

      test("a REVOKE on the first holds for both and survives two alternations", async () => {
        await stage.server.admin(
          "GRANT ALL ON audit.* TO app",
          "REVOKE SELECT, INSERT (a, b), GRANT OPTION ON shop.orders FROM app",
        );
        for (const next of [app, clone]) {
          await sync(next);
          expect(await stage.outcome(next)).toBe("logs in");
          expect([await can(app, "shop"), await can(clone, "shop")]).toEqual([false, false]);
        }
        await stage.server.admin("REVOKE ALL ON audit.* FROM app", "REVOKE reader FROM app");
        await sync(app);
        expect([await can(app, "audit"), await can(clone, "audit")]).toEqual([false, false]);
      });

      test("a user of the alternate's name that rekey did not make is never touched, unless a human named it", async () => {
        await stage.server.admin(
          "CREATE USER foo IDENTIFIED BY 'foo'",
          "CREATE USER foo_clone IDENTIFIED BY 'foreign'",
          "GRANT SELECT ON shop.* TO foo_clone",
        );
        const foreign: UserPair = { first: "foo", alternate: "foo_clone", isGranted: false };
        await expect(sync(credential("foo_clone", "x"), foreign)).rejects.toMatchObject({ code: "user-collision" });
        await expect(
          sync(credential("foo", "x"), { first: "foo_clone", alternate: "foo", isGranted: false }),
        ).rejects.toMatchObject({ code: "user-collision" });
        expect(await stage.outcome(credential("foo_clone", "foreign"))).toBe("logs in");
        await sync(credential("foo_clone", `${canary}named`), { ...foreign, isGranted: true });
        expect(await stage.outcome(credential("foo_clone", `${canary}named`))).toBe("logs in");
        await sync(credential("foo_clone", `${canary}again`), foreign);
        expect(await stage.outcome(credential("foo_clone", `${canary}again`))).toBe("logs in");
      });

      test("an administrator is never one of a pair, and hosts must be the same", async () => {
        await stage.server.admin("CREATE USER far IDENTIFIED BY 'p'", "CREATE USER far_clone@'10.%' IDENTIFIED BY 'p'");
        await expect(
          sync(credential("rotator", "x"), { first: "app", alternate: "rotator", isGranted: true }),
        ).rejects.toMatchObject({ code: "user-collision" });
        await expect(
          sync(credential("far_clone", "x"), { first: "far", alternate: "far_clone", isGranted: true }),
        ).rejects.toMatchObject({ code: "user-collision" });
      });

      test("goes on from wherever it was cut", async () => {
        await stage.server.admin(
          "CREATE USER cut IDENTIFIED BY 'p'",
          "GRANT SELECT ON shop.* TO cut",
          "GRANT INSERT ON audit.* TO cut",
        );
        const cutPair: UserPair = { first: "cut", alternate: "cut_clone", isGranted: false };
        const next = credential("cut_clone", `${canary}cut`);
        for (let after = 1; after <= 14; after++) {
          await stage.server.admin(
            "DROP USER IF EXISTS cut_clone",
            ...(kind.product === "mariadb" ? ["DROP ROLE IF EXISTS `rekey alternate of cut`"] : []),
          );
          {
            await using session = await stage.open(rotator);
            await session.syncPair(cutPair, next, cutAfter(after)).catch(() => undefined);
          }
          await sync(next, cutPair);
          expect(await stage.outcome(next)).toBe("logs in");
          expect([await can(next, "shop"), await can(next, "audit")]).toEqual([true, true]);
        }
      });
    });

    test("no password that the engine set is in the server's log of every statement", async () => {
      const statements = (await stage.server.log())
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
