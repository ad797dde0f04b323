import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutAfter } from "../../../tests/support/cut-after.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "../../../tests/support/mysql-servers.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { createAuthority } from "../../testing/engine-contract/certificates.ts";
import { mariadbEngine, type MariadbSession } from "../mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../mysql/mysql-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const authority = createAuthority("the tests' own");
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

const servers = [
  { product: "mariadb", binary: mariadbd, engine: mariadbEngine() },
  { product: "mysql", binary: mysqld, engine: mysqlEngine() },
] as const;

describe.each(servers)("accounts of one name on $product", ({ product, binary, engine }) => {
  describe.skipIf(binary === undefined)("on a real server", () => {
    let server: MysqlServer;
    let target: DatabaseTarget;

    beforeAll(async () => {
      const certificate = authority.issue({ addresses: ["127.0.0.1"] });
      const settings = product === "mysql" ? ["--caching-sha2-password-digest-rounds=5000"] : [];
      server = await startMysqlServer(product, binary ?? "", { certificate, settings });
      const { host, port } = server;
      const tls = { mode: "verify-full", ca: authority.certificate } as const;
      target = { engine: product, host, port, dbname: "", tls, options: new Map() };
      await server.admin(
        "CREATE USER rotator IDENTIFIED BY 'rotator'",
        "GRANT ALL ON *.* TO rotator WITH GRANT OPTION",
      );
    });
    afterAll(async () => server?.stop());

    async function open(who: Credential): Promise<MariadbSession> {
      const login = await engine.login(target, who, call);
      if (!login.ok) throw new Error(`refused: ${login.refusal}`);
      return login.session;
    }
    const logsIn = async (who: Credential): Promise<boolean> =>
      open(who).then(
        async (session) => {
          await session[Symbol.asyncDispose]();
          return true;
        },
        () => false,
      );

    /** Whether each of the accounts takes the password: the server picks the closest host, so the others step back. */
    async function taken(who: Credential, hosts: readonly string[]): Promise<readonly boolean[]> {
      const { username: user } = who;
      const outcomes: boolean[] = [];
      for (const host of hosts) {
        const others = hosts.filter((other) => other !== host);
        await server.admin(...others.map((other) => `RENAME USER '${user}'@'${other}' TO '${user} away'@'${other}'`));
        if (host !== "localhost") await server.admin(`RENAME USER '${user}'@'${host}' TO '${user}'@'localhost'`);
        outcomes.push(await logsIn(who));
        if (host !== "localhost") await server.admin(`RENAME USER '${user}'@'localhost' TO '${user}'@'${host}'`);
        await server.admin(...others.map((other) => `RENAME USER '${user} away'@'${other}' TO '${user}'@'${other}'`));
      }
      return outcomes;
    }
    const hosts = ["localhost", "10.1.%", "%"];
    const make = async (user: string): Promise<void> =>
      void (await server.admin(
        ...hosts.map((host) => `DROP USER IF EXISTS '${user}'@'${host}'`),
        ...hosts.map((host) => `CREATE USER '${user}'@'${host}' IDENTIFIED BY 'old'`),
      ));

    test(
      "cut after any statement, the current password logs in or the next one does everywhere",
      { timeout: 120_000 },
      async () => {
        const [old, next] = [credential("many", "old"), credential("many", "next")];
        let isDone = false;
        for (let after = 6; after <= 60 && !isDone; after += product === "mysql" ? 3 : 1) {
          await make("many");
          {
            await using own = await open(old);
            const account = await own.readOwnAccount(call);
            await using admin = await open(credential("rotator", "rotator"));
            isDone = await admin.setPassword(next, cutAfter(after), { current: old, own: account }).then(
              () => true,
              () => false,
            );
          }
          // What the strategy does: AWSCURRENT is offered first, and AWSPENDING alone means that all is done.
          if (await logsIn(old)) {
            await using own = await open(old);
            const account = await own.readOwnAccount(call);
            await using admin = await open(credential("rotator", "rotator"));
            await admin.setPassword(next, call, { current: old, own: account });
          }
          expect({ after, next: await taken(next, hosts), old: await taken(old, hosts) }).toEqual({
            after,
            next: [true, true, true],
            old: [false, false, false],
          });
        }
        expect(isDone).toBe(true);
      },
    );

    test("one with another password keeps it, and an own session leaves all to the admin that there is", async () => {
      const [old, next] = [credential("some", "old"), credential("some", "next")];
      await make("some");
      await server.admin("ALTER USER 'some'@'10.1.%' IDENTIFIED BY 'another'");
      await using own = await open(old);
      await expect(own.setPassword(next, call, { current: old, hasAdmin: true })).rejects.toMatchObject({
        code: "database-rights-missing",
      });
      await using admin = await open(credential("rotator", "rotator"));
      await admin.setPassword(next, call, { current: old, own: await own.readOwnAccount(call) });
      expect(await taken(next, hosts)).toEqual([true, false, true]);
      expect(await taken(credential("some", "another"), hosts)).toEqual([false, true, false]);
    });
  });
});
