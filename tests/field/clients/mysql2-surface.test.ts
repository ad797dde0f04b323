import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import mysql from "mysql2";
import { afterAll, beforeAll, describe } from "vitest";
import { createRotatingPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { type Stage, startStage } from "../../../shared/testing/engine-contract/stage.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";
import { mariadbFixture, mariadbProduct } from "../../support/mariadb-fixture.ts";
import { contractServer } from "../../support/mysql-fixture.ts";
import { mariadbd, type MysqlServer, startMysqlServer } from "../../support/mysql-servers.ts";
import { printFieldCases } from "../field-cases.ts";
import { memberRows } from "./mysql2-members.ts";
import { optionRows } from "./mysql2-options.ts";
import type { Subject } from "./mysql2-subject.ts";
import { testSurface, membersOf, optionsOf } from "./surface.ts";

printFieldCases();
const account = { username: "orders", password: "it's a p@ss/word" };
const secretId = "prod/orders";

/** Everything that the driver's pool has: members of both its forms, events, and settings as its types and its own configuration name them. */
function surfaceOf(): readonly string[] {
  const pool = mysql.createPool({});
  const promises = pool.promise();
  const symbols = (value: object): string[] =>
    (["dispose", "asyncDispose"] as const).filter((name) => Symbol[name] in value).map((name) => `Symbol.${name}`);
  const types = join(dirname(createRequire(import.meta.url).resolve("mysql2")), "typings/mysql/lib");
  const text = readFileSync(join(types, "Pool.d.ts"), "utf8") + readFileSync(join(types, "Connection.d.ts"), "utf8");
  const { connectionConfig, ...poolConfig } = (pool as unknown as { readonly config: Readonly<Record<string, object>> })
    .config;
  /** Made from other settings: the client's flags, and what the protocol allows. */
  const derived = new Set(["clientFlags", "maxPacketSize", "pool"]);
  return [
    ...membersOf(pool, EventEmitter.prototype),
    ...symbols(pool),
    ...membersOf(promises, EventEmitter.prototype).map((name) => `promise().${name}`),
    ...symbols(promises).map((name) => `promise().${name}`),
    ...[...text.matchAll(/on\(event: '(acquire|connection|enqueue|release)'/g)].map(([, name]) => `event ${name}`),
    ...[...optionsOf(text, "PoolOptions"), ...Object.keys(connectionConfig ?? {}), ...Object.keys(poolConfig)].filter(
      (name) => !derived.has(name),
    ),
  ];
}

describe.skipIf(mariadbd === undefined)("mysql2 and the rotating pool side by side, on MariaDB", () => {
  let server: MysqlServer;
  let stage: Stage;
  let client: SecretClient;
  beforeAll(async () => {
    server = await startMysqlServer("mariadb", mariadbd ?? "", {
      certificate: { certificate, key },
      settings: ["--local-infile=ON"],
    });
    stage = await startStage(mariadbFixture(mariadbd ?? ""), await contractServer(server, mariadbProduct()));
    await server.admin(
      `CREATE USER ${account.username}@'%' IDENTIFIED BY ${mysql.escape(account.password)}`,
      `GRANT ALL ON shop.* TO ${account.username}@'%'`,
      "CREATE TABLE shop.things (a INT)",
      "INSERT INTO shop.things VALUES (1)",
      "CREATE TABLE shop.filled (a INT) ENGINE=InnoDB",
    );
    const { host, port } = server;
    const SecretString = JSON.stringify({ engine: "mariadb", host, port, ...account, dbname: "shop", ssl: false });
    await stage.aws.own.send(new CreateSecretCommand({ Name: secretId, SecretString }));
    client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
  });
  afterAll(async () => {
    await client.close();
    await stage.stop();
    await server.stop();
  });

  const subject = (open: Subject["open"]): Subject => ({
    open,
    port: server.port,
    socketPath: server.socketPath,
    certificate,
  });
  testSurface({
    name: "mysql2",
    driver: () =>
      subject((settings) =>
        mysql.createPool({
          host: server.host,
          port: server.port,
          user: account.username,
          password: account.password,
          database: "shop",
          ...settings,
        }),
      ),
    ours: () => subject((settings = {}) => createRotatingPool({ client, secretId, pool: settings })),
    rows: [...memberRows, ...optionRows],
    members: surfaceOf(),
  });
});
