import { createClient } from "@redis/client";
import { createRotatingPool as createMysqlPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { createRotatingConnection } from "../../../shared/client/pools/redis/rotating-connection.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { oneByOne } from "./one-by-one.ts";

/** A process that knows the credential and waits for a server that does not let it in, and nothing else. */
const [, , port = "", exitCode = ""] = process.argv;
const secretId = "orders";
const secret = { engine: "any", host: "127.0.0.1", port, ssl: false, username: "orders", password: "of the tests" };
const client = fakeSecretClient({ [secretId]: secret });
const limitMs = 200;

const pgPool = createRotatingPool({ client, secretId, pool: { connectionTimeoutMillis: limitMs } });
const mysqlPool = createMysqlPool({ client, secretId, pool: { connectTimeout: limitMs } });

await oneByOne(
  {
    "pg's query": async () => pgPool.query("SELECT 1"),
    "pg's end": async () => pgPool.end(),
    "mysql2's query": async () => mysqlPool.promise().query("SELECT 1"),
    "mysql2's end": async () => mysqlPool[Symbol.asyncDispose](),
    "Redis's connection": async () =>
      createRotatingConnection({
        client,
        secretId,
        loginTimeoutMs: limitMs,
        createClient: (login) => createClient(login),
      }),
  },
  Number(exitCode),
);
