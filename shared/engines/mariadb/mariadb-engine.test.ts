import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mariadbd, type MysqlServer, startMysqlServer } from "../../../tests/support/mysql-servers.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { mariadbEngine, type MariadbSession } from "./mariadb-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = mariadbEngine();
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

/** What only MariaDB has; the rest is tested with MySQL, in mysql-family. */
describe.skipIf(mariadbd === undefined)("MariaDB's own", () => {
  let server: MysqlServer;
  let target: DatabaseTarget;

  beforeAll(async () => {
    server = await startMysqlServer("mariadb", mariadbd ?? "");
    const { host, port } = server;
    target = { engine: "mariadb", host, port, dbname: "", tls: { mode: "disable" }, options: new Map() };
    await server.admin("CREATE USER rotator IDENTIFIED BY 'rotator'", "GRANT ALL ON *.* TO rotator WITH GRANT OPTION");
  });
  afterAll(async () => server?.stop());

  async function open(who: Credential): Promise<MariadbSession> {
    const login = await engine.login(target, who, call);
    if (!login.ok) throw new Error(`refused: ${login.refusal}`);
    return login.session;
  }
  async function logsIn(...all: readonly Credential[]): Promise<readonly boolean[]> {
    const outcomes: boolean[] = [];
    for (const who of all) {
      const login = await engine.login(target, who, call);
      if (login.ok) await login.session[Symbol.asyncDispose]();
      outcomes.push(login.ok);
    }
    return outcomes;
  }
  const plugins = async (user: string): Promise<string> =>
    JSON.stringify(await server.admin(`SHOW CREATE USER ${user}`));

  test("a user of the plugin ed25519 keeps it, with one password and with two", async () => {
    const [old, own, next] = [
      credential("ed", "old"),
      credential("ed", "by itself, ünï"),
      credential("ed", "x".repeat(99)),
    ];
    await server.admin("CREATE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('old')");
    {
      await using session = await open(old);
      await session.setPassword(own, call);
    }
    expect(await logsIn(old, own)).toEqual([false, true]);
    {
      await using admin = await open(credential("rotator", "rotator"));
      await admin.keepBoth(own, next, call);
      expect(await logsIn(own, next)).toEqual([true, true]);
      expect((await plugins("ed")).match(/ed25519 USING/g)).toHaveLength(2);
      await admin.keepOnly(next, call);
    }
    expect(await logsIn(own, next)).toEqual([false, true]);
    expect(await plugins("ed")).not.toContain("mysql_native_password");
  });

  test("a user with two passwords cannot change the first alone, as SET PASSWORD would", async () => {
    const hash = "mysql_native_password USING PASSWORD";
    await server.admin(`CREATE USER couple IDENTIFIED VIA ${hash}('one') OR ${hash}('two')`);
    const [one, two, three] = [credential("couple", "one"), credential("couple", "two"), credential("couple", "three")];
    await using session = await open(one);
    await expect(session.setPassword(three, call)).rejects.toMatchObject({ code: "database-rights-missing" });
    expect(await logsIn(one, two, three)).toEqual([true, true, false]);
  });

  test("a role of the user's name is no second account", async () => {
    await server.admin("CREATE USER twin IDENTIFIED BY 'before'", "CREATE ROLE twin");
    await using admin = await open(credential("rotator", "rotator"));
    await admin.setPassword(credential("twin", "after"), call);
    expect(await logsIn(credential("twin", "after"))).toEqual([true]);
  });

  test("what is granted to the alternate alone is taken away, and a grant on a table that is gone does not matter", async () => {
    await server.admin(
      "CREATE DATABASE shop",
      "CREATE TABLE shop.gone (id int)",
      "CREATE USER app IDENTIFIED BY 'p'",
      "GRANT SELECT ON shop.gone TO app",
      "DROP TABLE shop.gone",
    );
    await using admin = await open(credential("rotator", "rotator"));
    const pair = { first: "app", alternate: "app_clone", isGranted: false };
    await admin.syncPair(pair, credential("app_clone", "q"), call);
    await server.admin("GRANT INSERT ON shop.* TO app_clone");
    await admin.syncPair(pair, credential("app_clone", "r"), call);
    expect(JSON.stringify(await server.admin("SHOW GRANTS FOR app_clone"))).not.toContain("INSERT");
    expect(await logsIn(credential("app_clone", "r"))).toEqual([true]);
  });
});
