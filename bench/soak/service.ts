import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import type { InvalidationSink } from "../../shared/client/invalidation/invalidation-source.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import type { Load, Order, Report, Sample, ServiceOptions } from "./sample.ts";

/** A service that queries through one rotating pool for each secret, and is told of rotations by its parent. */
const { endpoint, secretIds, connections }: ServiceOptions = JSON.parse(process.argv[2] ?? "{}");
const longestPauseMs = 600;
const longestLagMs = 30_000;
// Queries under way end, and every worker has come to its pause.
const settleMs = longestPauseMs + 100;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const Timer = setTimeout(() => undefined, 0).constructor;

const sdk = new SecretsManagerClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "soak", secretAccessKey: "soak" },
});
const client = createSecretClient({ source: secretsManagerSource(sdk), spreadMs: 0 });
let sink: InvalidationSink | undefined;
client.subscribe({
  start(given) {
    sink = given;
    return { stop: async () => undefined };
  },
});
const pools = secretIds.map((secretId) =>
  createRotatingPool({ client, secretId, pool: { max: connections, idleTimeoutMillis: 0 } }),
);

const reasons: Record<string, number> = {};
let queries = 0;
let failed = 0;
let seen = 0;
let isRunning = true;
let paused: Promise<void> | undefined;
client.on("rotated", () => void seen++);

const working = pools.flatMap((pool) =>
  Array.from({ length: connections }, async () => {
    while (isRunning) {
      await paused;
      queries++;
      await pool.query("SELECT 1").catch((error: unknown) => {
        failed++;
        const reason = String(Reflect.get(Object(error), "code") ?? error);
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      });
      await wait(Math.random() * longestPauseMs);
    }
  }),
);

const load = (): Load => ({
  queries,
  failed,
  recovered: pools.reduce((sum, pool) => sum + pool.refusedLogins, 0),
  seen,
  reasons,
});

const listenersOf = (emitter: NodeJS.EventEmitter): number =>
  emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0);

/** Objects of this class that are left after a collection. */
const alive = (constructor: Function): number => queryObjects(constructor, { format: "count" });

async function measure(): Promise<Sample> {
  let goOn = (): void => undefined;
  paused = new Promise((resolve) => (goOn = resolve));
  await wait(settleMs);
  collect();
  await wait(10);
  collect();
  const sample: Sample = {
    heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
    sockets: process.getActiveResourcesInfo().filter((kind) => /TCP.*Wrap/.test(kind)).length,
    timers: alive(Timer),
    socketObjects: alive(Socket),
    clients: alive(pg.Client),
    pools: alive(pg.Pool),
    listeners: [process, ...pools].reduce((sum, emitter) => sum + listenersOf(emitter), 0),
  };
  paused = undefined;
  goOn();
  return sample;
}

const tell = (report: Report): void => void process.send?.(report);

async function obey(order: Order): Promise<void> {
  if (order.kind === "notice") {
    const { secretArn, versionId } = order;
    await sink?.notice({ secretArn, versionId, atMs: Date.now() });
  } else if (order.kind === "measure") {
    tell({ kind: "sample", sample: await measure(), load: load() });
  } else {
    for (const latestMs = Date.now() + longestLagMs; seen < order.rotations && Date.now() < latestMs;) await wait(50);
    isRunning = false;
    await Promise.all(working);
    const versionIds = pools.map(({ versionId }) => versionId);
    const last = load();
    await Promise.all(pools.map(async (pool) => pool.end()));
    await client.close();
    sdk.destroy();
    tell({ kind: "stopped", load: last, versionIds });
    process.disconnect();
  }
}

process.on("message", (order: Order) => void obey(order));
await Promise.all(pools.map(async (pool) => pool.query("SELECT 1")));
tell({ kind: "ready" });
