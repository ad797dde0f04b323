import { createServer } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ca,
  call,
  credential,
  type MysqlFamilyStage,
  rotator,
  servers,
  startMysqlFamilyStage,
} from "../../../tests/support/mysql-family-stage.ts";

describe.each(servers)("$product", (kind) => {
  describe.skipIf(kind.binary === undefined)("on a real server", () => {
    let stage: MysqlFamilyStage;
    beforeAll(async () => {
      stage = await startMysqlFamilyStage(kind);
    });
    afterAll(async () => stage?.stop());

    describe("logging in", () => {
      test("a wrong password, an unknown user, a locked and an expired one are results", async () => {
        await stage.server.admin(
          "CREATE USER locked IDENTIFIED BY 'p' ACCOUNT LOCK",
          "CREATE USER expired IDENTIFIED BY 'p' PASSWORD EXPIRE",
        );
        expect(await stage.outcome(credential("rotator", "wrong"))).toBe("bad-credential");
        expect(await stage.outcome(credential("nobody", "p"))).toBe("bad-credential");
        expect(await stage.outcome(credential("locked", "p"))).toBe("login-not-allowed");
        expect(await stage.outcome(credential("expired", "p"))).toBe("expired");
      });

      test.each([
        ["a closed port", { port: 1 }, "database-unreachable"],
        ["an unknown database", { dbname: "nope" }, "database-unknown"],
        ["a root that did not make the certificate", { tls: { mode: "verify-full" } }, "tls-refused"],
      ] as const)("%s is an error", async (_what, change, code) => {
        await expect(stage.logIn(rotator, change)).rejects.toMatchObject({ code });
      });

      test("a certificate for another name is refused before anything is sent, unless that check is given up", async () => {
        const before = await stage.server.log();
        await expect(stage.logIn(rotator, { host: "localhost" })).rejects.toMatchObject({ code: "tls-refused" });
        expect((await stage.server.log()).slice(before.length)).not.toContain("rotator");
        await using session = await stage.open(rotator, { host: "localhost", tls: { mode: "verify-ca", ca } });
        expect(session).toBeDefined();
      });

      test("too many connections and a time that is up have their own codes", async () => {
        await stage.server.admin("CREATE USER narrow IDENTIFIED BY 'p' WITH MAX_USER_CONNECTIONS 1");
        await using first = await stage.open(credential("narrow", "p"));
        expect(first).toBeDefined();
        await expect(stage.logIn(credential("narrow", "p"))).rejects.toMatchObject({ code: "database-busy" });
        await expect(stage.logIn(rotator, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
          code: "time-budget-spent",
        });
      });
    });

    describe("changing a password", () => {
      test("a lock that somebody else holds is database-locked", async () => {
        await stage.server.admin("CREATE USER waits IDENTIFIED BY 'before'");
        const slow = stage.server.admin("SELECT GET_LOCK('rekey', 5)", "SELECT SLEEP(8)");
        await expect.poll(async () => stage.server.log()).toContain("SLEEP(8)");
        await using session = await stage.open(credential("waits", "before"));
        await expect(session.setPassword(credential("waits", "x"), call)).rejects.toMatchObject({
          code: "database-locked",
        });
        await slow;
      });

      test("another user's without the right, a read-only server, several accounts of one name, a foreign plugin", async () => {
        await stage.server.admin(
          "CREATE USER weak IDENTIFIED BY 'weak'",
          "CREATE USER twice@'%' IDENTIFIED BY 'p', twice@'10.%' IDENTIFIED BY 'p'",
          ...kind.withForeignPlugin,
        );
        await using weak = await stage.open(credential("weak", "weak"));
        await expect(weak.setPassword(credential("rotator", "x"), call)).rejects.toMatchObject({
          code: "database-rights-missing",
        });
        await using admin = await stage.open(rotator);
        for (const user of ["twice", "elsewhere"]) {
          await expect(admin.setPassword(credential(user, "x"), call)).rejects.toMatchObject({
            code: "account-unsupported",
          });
        }
        await stage.server.admin("SET GLOBAL read_only = 1");
        await expect(weak.setPassword(credential("weak", "x"), call)).rejects.toMatchObject({
          code: "database-read-only",
        });
        await stage.server.admin("SET GLOBAL read_only = 0");
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
        await expect(stage.logIn(rotator, { port })).rejects.toMatchObject({ code: "database-timeout" });
        silent.close();
        await using session = await stage.open(rotator);
        const [row] = await stage.server.admin(
          "SELECT id FROM information_schema.processlist WHERE user = 'rotator' LIMIT 1",
        );
        await stage.server.admin(`KILL ${Number(Object.values(row ?? {})[0])}`);
        await expect(session.setPassword(credential("rotator", "x"), call)).rejects.toMatchObject({
          code: "connection-lost",
        });
      },
    );
  });
});
