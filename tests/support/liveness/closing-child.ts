import type { EventEmitter } from "node:events";
import { createClient } from "@redis/client";
import { createRotatingPool as createMysqlPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { createRotatingConnection } from "../../../shared/client/pools/redis/rotating-connection.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { vaultDynamicSource } from "../../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { oneByOne, type Waits } from "./one-by-one.ts";

/** A process that closes what never ends by itself, and waits for nothing else: with Redis's port that of Redis, else all others. */
const [
  ,
  ,
  postgresPort = "",
  mutePostgresPort = "",
  muteMysqlPort = "",
  vaultPort = "",
  redisPort = "",
  exitCode = "",
] = process.argv;
const secretId = "orders";
const at = { label: "AWSCURRENT" } as const;
const never = async (): Promise<never> => new Promise(() => undefined);
const secret = { engine: "any", host: "127.0.0.1", ssl: false, username: "root", password: "root-of-the-tests" };
const vault = { address: `http://127.0.0.1:${vaultPort}`, timeoutMs: 1_000, connection: { host: "db" } };
const call = { signal: new AbortController().signal };

const ofRedis: Waits = {
  "Redis's end, while a command waits for ever": async () => {
    const client = fakeSecretClient({ [secretId]: { ...secret, port: redisPort } });
    const { redis, end } = await createRotatingConnection({
      client,
      secretId,
      drainTimeoutMs: 50,
      createClient: (login) => createClient(login),
    });
    redis.blPop("nothing comes here", 0).catch(() => undefined);
    return end();
  },
};

await oneByOne(
  redisPort !== "none"
    ? ofRedis
    : {
        "the client's close, while a read waits": async () => {
          const client = createSecretClient({ source: { read: never } });
          const reading = client.get(secretId);
          await client.close();
          return reading;
        },
        "the client's close, with a subscription that does not end": async () => {
          const client = createSecretClient({ source: { read: never }, requestTimeoutMs: 50 });
          client.subscribe({ start: () => ({ stop: never }) });
          return client.close();
        },
        "a subscription's end": async () => {
          const client = createSecretClient({ source: { read: never }, requestTimeoutMs: 50 });
          return client.subscribe({ start: () => ({ stop: never }) })();
        },
        "pg's end, while a connection is not given back": async () => {
          const client = fakeSecretClient({ [secretId]: { ...secret, port: postgresPort } });
          const pool = createRotatingPool({ client, secretId, drainTimeoutMs: 50 });
          const kept: EventEmitter = await pool.connect();
          await new Promise((resolve) => kept.once("end", resolve));
          return pool.end();
        },
        "pg's end, while the server does not close": async () => {
          const client = fakeSecretClient({ [secretId]: { ...secret, port: mutePostgresPort } });
          const pool = createRotatingPool({ client, secretId });
          (await pool.connect()).release();
          return pool.end();
        },
        "mysql2's end, while the server does not close": async () => {
          const client = fakeSecretClient({ [secretId]: { ...secret, port: muteMysqlPort } });
          const pool = createMysqlPool({ client, secretId });
          (await pool.promise().getConnection()).release();
          return pool[Symbol.asyncDispose]();
        },
        "the lease keeper's close, while Vault hangs": async () => {
          const source = vaultDynamicSource({ ...vault, login: { method: "token", token: new SecretValue("token") } });
          await source.read(secretId, at, call);
          return source.close();
        },
        "the lease keeper's close, while the login's token does not come": async () => {
          const source = vaultDynamicSource({ ...vault, login: { method: "jwt", role: "orders", token: never } });
          source.read(secretId, at, call).catch(() => undefined);
          return source.close();
        },
      },
  Number(exitCode),
);
