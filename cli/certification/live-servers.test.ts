import { describe, expect, onTestFinished, test } from "vitest";
import { engineNamed } from "../wiring/engines.ts";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { certify } from "../../shared/testing/engine-contract/certify.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { ferretDb, startFerretDb } from "../../tests/support/ferretdb.ts";
import { mariadbd, mysqld, startMysqlServer } from "../../tests/support/mysql-servers.ts";
import { Database } from "../../tests/support/oracle/database.ts";
import { startOracle } from "../../tests/support/oracle/server.ts";
import { startPostgresAsRedshift } from "../../tests/support/redshift-on-postgres.ts";
import { rotator, startSqlserver } from "../../tests/support/sqlserver-fixture.ts";
import { liveFixture } from "./live-fixture.ts";
import { liveServers } from "./live-servers.ts";

const longMs = 600_000;
const authority = createAuthority("the server's own");
const certificate = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] });

interface Here {
  readonly engine: string;
  readonly port: number;
  readonly admin: Account;
  readonly dbname?: string;
  readonly tls: DatabaseTarget["tls"];
  /** Less than the engine's, for a server that stands in for another one. */
  readonly maxUsernameBytes?: number;
}

/** What becomes of a run against a server by its name, with a point of each list. */
async function certified({ engine: name, port, admin, dbname, tls, maxUsernameBytes }: Here) {
  const { engine, strategiesOn, folder } = await engineNamed(name);
  const server = liveServers[folder];
  if (server === undefined) throw new Error(`no live server for ${folder}`);
  const target: DatabaseTarget = {
    engine: name,
    host: "localhost",
    port,
    dbname: dbname ?? engine.defaultDatabase,
    tls,
    options: new Map(),
  };
  const place = {
    target,
    admin: { username: admin.username, password: new SecretValue(admin.password) },
    prefix: "rekey_0abcdef0",
    secretHost: target.host,
  };
  const ofServer = { ...engine, ...(maxUsernameBytes === undefined ? {} : { maxUsernameBytes }) };
  const live = liveFixture({ engine: ofServer, strategiesOn, server, place, version: name, strategies: [] });
  const { results, tallies, holds } = await certify(live.fixture, { points: 1 });
  return {
    holds,
    failed: results.filter(({ outcome }) => outcome === "failed"),
    made: live.made() > 20,
    left: [...(await live.removeUsers()), ...(await server.users(place).ours())],
    tallies: Object.values(tallies).map(({ faultPoints, converged, lockOuts }) => [faultPoints, converged, lockOuts]),
  };
}

const held = {
  holds: true,
  failed: [],
  made: true,
  left: [],
  tallies: expect.toSatisfy((all: readonly number[][]) =>
    all.every(([tried = 0, converged, lockOuts]) => tried > 0 && converged === tried && lockOuts === 0),
  ),
};
const verified = { mode: "verify-full", ca: authority.certificate } as const;

describe.runIf(process.env["REKEY_TEST_FULL"] === "1")("a run of rekey certify-engine on", () => {
  test.skipIf(mysqld === undefined)(
    "MySQL",
    async () => {
      const { port, superuser, stop } = await startMysqlServer("mysql", mysqld ?? "", { certificate });
      onTestFinished(stop);
      expect(await certified({ engine: "mysql", port, admin: superuser, tls: verified })).toEqual(held);
    },
    longMs,
  );

  test.skipIf(mariadbd === undefined)(
    "MariaDB",
    async () => {
      const { port, superuser, stop } = await startMysqlServer("mariadb", mariadbd ?? "", { certificate });
      onTestFinished(stop);
      expect(await certified({ engine: "mariadb", port, admin: superuser, tls: verified })).toEqual(held);
    },
    longMs,
  );

  test.skipIf(ferretDb === undefined)(
    "FerretDB",
    async () => {
      const { port, admin, stop } = await startFerretDb(ferretDb ?? "");
      onTestFinished(stop);
      expect(await certified({ engine: "mongodb", port, admin, tls: { mode: "disable" } })).toEqual(held);
    },
    longMs,
  );

  test(
    "SQL Server's protocol",
    async () => {
      const { port, stop } = await startSqlserver(certificate);
      onTestFinished(stop);
      expect(await certified({ engine: "sqlserver", port, admin: rotator, dbname: "orders", tls: verified })).toEqual(
        held,
      );
    },
    longMs,
  );

  test(
    "Oracle's protocol",
    async () => {
      const database = new Database();
      const admin = { username: "dba", password: "dba-of-the-tests" };
      const { rights } = database.create("DBA", admin.password);
      for (const right of ["ALTER USER", "CREATE USER", "SELECT_CATALOG_ROLE"]) rights.add(right);
      const { port, stop } = await startOracle(database);
      onTestFinished(stop);
      // Over TLS its driver sends more than once before it waits, and how many messages the proxy sees is up to chance.
      const tls = { mode: "disable" } as const;
      expect(await certified({ engine: "oracle", port, admin, dbname: database.service, tls })).toEqual(held);
      expect(database.profiles.size).toBe(1);
    },
    longMs,
  );

  test(
    "Redshift's dialect",
    async () => {
      const { port, superuser, stop } = await startPostgresAsRedshift();
      onTestFinished(stop);
      const tls = { mode: "disable" } as const;
      expect(
        await certified({
          engine: "redshift",
          port,
          admin: superuser,
          dbname: "postgres",
          tls,
          maxUsernameBytes: 40,
        }),
      ).toEqual(held);
    },
    longMs,
  );
});
