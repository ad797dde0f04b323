import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createClient } from "@redis/client";
import { failoverSource } from "../../../shared/client/sources/failover-source.ts";
import { secretsMiddleware } from "../../../shared/client/middy/secrets-middleware.ts";
import { createRotatingPool as createMysqlPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { createRotatingConnection } from "../../../shared/client/pools/redis/rotating-connection.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import { vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import {
  type VaultDynamicSource,
  vaultDynamicSource,
} from "../../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { hurriedClock } from "./hurried-clock.ts";
import { oneByOne, type Waits } from "./one-by-one.ts";

/** A process that waits for reads and nothing else, of an endpoint that gives no value. */
const [, , port = "", timeoutMs = "", exitCode = ""] = process.argv;
const address = `http://127.0.0.1:${port}`;
const secretId = "orders";
const limits = { requestTimeoutMs: Number(timeoutMs) };
/** Shorter, so that the source itself tells. */
const vaultTimeoutMs = Number(timeoutMs) / 2;
const login = { method: "token", token: new SecretValue("token") } as const;
const current = { label: "AWSCURRENT" } as const;

/** Nothing but the client's own time-out ends its reads: there is no socket. */
const silence = (): SecretSource => ({ read: async () => new Promise(() => undefined) });
const secretsManager = (): SecretSource =>
  secretsManagerSource(
    new SecretsManagerClient({
      region: "eu-west-1",
      endpoint: address,
      maxAttempts: 1,
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
    }),
  );
const vault = (): SecretSource => vaultSource({ address, login, timeoutMs: vaultTimeoutMs });
const vaultDynamic = (): VaultDynamicSource =>
  vaultDynamicSource({ address, login, timeoutMs: vaultTimeoutMs, connection: { host: "db" } });

/** The first read succeeds. */
function onceKnown(later: SecretSource): SecretSource {
  let isFirst = true;
  return {
    async read(...given) {
      if (!isFirst) return later.read(...given);
      isFirst = false;
      return { versionId: "v1", value: new SecretValue("{}") };
    },
  };
}

const reads: Readonly<Record<string, (client: SecretClient) => Promise<unknown>>> = {
  get: async (client) => client.get(secretId),
  json: async (client) => client.json(secretId),
  refresh: async (client) => client.refresh(secretId),
  pending: async (client) => client.pending(secretId),
  previous: async (client) => client.get(secretId, { stage: "AWSPREVIOUS" }),
  prefetch: async (client) => client.prefetch([secretId, "another"]),
  handle: async (client) => client.handle(secretId).get(),
  middleware: async (client) =>
    secretsMiddleware({ client, fetchData: { secretId } }).before({ internal: {}, context: {} }),
  "pg's query": async (client) => createRotatingPool({ client, secretId }).query("SELECT 1"),
  "mysql2's query": async (client) => createMysqlPool({ client, secretId }).promise().query("SELECT 1"),
  "Redis's connection": async (client) =>
    createRotatingConnection({ client, secretId, createClient: (options) => createClient(options) }),
};

const of = (make: () => SecretSource, read: (client: SecretClient) => Promise<unknown>) => async () =>
  read(createSecretClient({ source: make(), ...limits }));

const readsOf = (make: () => SecretSource): Waits => ({
  ...Object.fromEntries(Object.entries(reads).map(([name, read]) => [name, of(make, read)])),
  "a read that joins a request which nobody waited for": async () => {
    const clock = hurriedClock();
    const client = createSecretClient({ clock, source: onceKnown(make()), ...limits, ttlMs: 1_000 });
    await client.get(secretId);
    clock.skip(1_100);
    if (client.peek(secretId) === undefined) throw new Error("no value is served during a request");
    return client.refresh(secretId);
  },
});

const ofEndpoint: Waits = {
  ...readsOf(secretsManager),
  "failover's get": of(
    () => failoverSource({ sources: [secretsManager(), secretsManager()], hedgeAfterMs: 20 }),
    async (client) => client.get(secretId),
  ),
  "vault's get": of(vault, async (client) => client.get(secretId)),
  "vault's refresh": of(vault, async (client) => client.refresh(secretId)),
  "vault-dynamic's get": of(vaultDynamic, async (client) => client.get(secretId)),
  "vault-dynamic's pending": of(vaultDynamic, async (client) => client.pending(secretId)),
  "vault-dynamic's read": async () => vaultDynamic().read(secretId, current, { signal: new AbortController().signal }),
};

await oneByOne(port === "none" ? readsOf(silence) : ofEndpoint, Number(exitCode));
