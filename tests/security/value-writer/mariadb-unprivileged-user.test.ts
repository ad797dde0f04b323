import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mariadbEngine } from "../../../shared/engines/mariadb/mariadb-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { mariadbd, type MysqlServer, startMysqlServer } from "../../support/mysql-servers.ts";

describe.skipIf(mariadbd === undefined)("on a real MariaDB", () => {
  const engine = mariadbEngine();
  const call = { signal: AbortSignal.timeout(60_000) };
  let server: MysqlServer;
  beforeAll(async () => {
    server = await startMysqlServer("mariadb", mariadbd ?? "");
    await server.admin("CREATE USER app IDENTIFIED BY 'own'", "CREATE USER newcomer IDENTIFIED BY 'theirs'");
  });
  afterAll(() => server.stop());

  test("a user that has no rights yet is not taken for a half-made alternate of the secret's own user", async () => {
    const { superuser, host, port } = server;
    const target = { engine: "mariadb", host, port, dbname: "", tls: { mode: "disable" as const }, options: new Map() };
    const login = await engine.login(
      target,
      { username: superuser.username, password: new SecretValue(superuser.password) },
      call,
    );
    if (!login.ok) throw new Error("the admin does not log in");
    await using session = login.session;
    const next = (username: string) => ({ username, password: new SecretValue("chosen-by-rekey") });
    await session.syncPair({ first: "app", alternate: "app_clone", isGranted: false }, next("app_clone"), call);
    await expect(
      session.syncPair({ first: "app", alternate: "newcomer", isGranted: false }, next("newcomer"), call),
    ).rejects.toMatchObject({ code: "user-collision" });
    await (await server.connect({ username: "newcomer", password: "theirs" })).end();
  });
});
