import type { EventEmitter } from "node:events";
import { requestBudget } from "../../../shared/client/cache/request-budget.ts";
import { timerSource } from "../../../shared/client/invalidation/polling-source.ts";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import type { InvalidationSink } from "../../../shared/client/invalidation/invalidation-source.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { vaultDynamicSource } from "../../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { hurriedClock } from "./hurried-clock.ts";
import { keepingAlive } from "./one-by-one.ts";

/** A process that has work of every kind in the background, each for an hour, and waits for none of it. */
const [, , postgresPort = "", vaultPort = "", exitCode = ""] = process.argv;
const hourMs = 3_600_000;
const secretId = "orders";
const secret = { engine: "postgres", host: "127.0.0.1", ssl: false, username: "orders", password: "of the tests" };

const reads = { count: 0 };
const source: SecretSource = {
  async read() {
    if (reads.count++ > 0) return new Promise(() => undefined);
    return { versionId: `v${reads.count}`, value: new SecretValue("{}") };
  },
};
const clock = hurriedClock();
const client = createSecretClient({ clock, source, ttlMs: hourMs, requestTimeoutMs: hourMs, spreadMs: hourMs });

// A request that hangs, next to a value that is served.
await client.get(secretId);
clock.skip(1.1 * hourMs);
client.peek(secretId);
// The turn of a notice.
let sink: InvalidationSink | undefined;
client.subscribe({ start: (given) => ((sink = given), { stop: async () => undefined }) });
void sink?.notice({ secretArn: secretId, versionId: "v9" });
// A timer that has everything asked for again.
client.subscribe(timerSource({ intervalMs: hourMs }));
// A request that waits for its turn in a budget that is spent, behind a value that is served.
const budget = requestBudget({ requestsPerSecond: 1_000 / hourMs, burst: 1, whenSpent: "wait" });
const known: SecretSource = { read: async () => ({ versionId: "v1", value: new SecretValue("{}") }) };
const patient = createSecretClient({ clock, source: known, ttlMs: hourMs, requestTimeoutMs: 2 * hourMs, budget });
await patient.get(secretId);
clock.skip(1.1 * hourMs);
patient.peek(secretId);
// A lease that is renewed in half an hour.
const login = { method: "token", token: new SecretValue("token") } as const;
const leases = vaultDynamicSource({ address: `http://127.0.0.1:${vaultPort}`, login, connection: secret });
await leases.read(secretId, { label: "AWSCURRENT" }, { signal: new AbortController().signal });
// A replaced credential's pool, whose connection is not given back.
const rotating = fakeSecretClient({ [secretId]: { ...secret, port: postgresPort } });
const pool = createRotatingPool({ client: rotating, secretId, drainTimeoutMs: hourMs });
const kept: EventEmitter = await pool.connect();
await new Promise((resolve) => kept.once("end", resolve));
await rotating.rotate(secretId, { ...secret, port: postgresPort, password: "another" });

await new Promise((resolve) => setImmediate(resolve));
process.stdout.write(JSON.stringify({ reads: reads.count, versionId: pool.versionId, timers: keepingAlive() }));
process.exitCode = Number(exitCode);
