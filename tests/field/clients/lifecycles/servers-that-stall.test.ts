import { expect, onTestFinished, test } from "vitest";
import { request } from "../../../support/lifecycles/request-load.ts";
import { type Service, startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { type StallingProxy, startStallingProxy } from "../../../support/stalling-proxy.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
const connections = 3;
const ok = { status: 200 };
printFieldCases();

/** The waits of the page, shorter, and the server by way of the proxy. */
const hurried = (proxy: StallingProxy, more: Readonly<Record<string, string>> = {}) => ({
  "database.ts": {
    "max: 10,": `port: ${proxy.port}, max: 10,`,
    "connectionTimeoutMillis: 5_000": "connectionTimeoutMillis: 2_000",
    "query_timeout: 10_000": "query_timeout: 2_000",
    'pool.on("error",': 'pool.onDrained(() => console.log("drained"));\npool.on("error",',
    ...more,
  },
});

async function startProxy(): Promise<StallingProxy> {
  const proxy = await startStallingProxy(stage.cli.postgres.port);
  onTestFinished(async () => proxy.stop());
  return proxy;
}

/** Requests that wait on connections of their own, for the lock. */
async function underWay(service: Service, secretId: string, lock: { release(): Promise<void> }, stall: () => void) {
  const asked = Array.from({ length: connections }, async () => request(service.port));
  await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(connections);
  stall();
  await lock.release();
  return asked;
}

async function ends(service: Service): Promise<void> {
  service.child.kill("SIGTERM");
  expect(await service.ended).toBe(0);
}

test(
  "connections that stall cost the queries on them, each within its time-out, and the pool goes on with others",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, { changes: hurried(proxy) });
    await using lock = await stage.lockTable();
    const stalled = await underWay(service, secretId, lock, proxy.stallOpen);
    // Meanwhile others are answered.
    expect(await request(service.port)).toEqual(ok);
    expect(await Promise.all(stalled)).toEqual(stalled.map(() => ({ status: 500 })));
    expect(service.output()).toMatch(/Query read timeout/u);
    const later = await Promise.all(Array.from({ length: 10 }, async () => request(service.port)));
    expect(later).toEqual(later.map(() => ok));
    await ends(service);
  }),
);

test(
  "while new connections stall, requests fail within the connection's time-out, and go well as soon as they do not",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, { changes: hurried(proxy) });
    proxy.stallNew();
    const failed = await Promise.all([request(service.port), request(service.port)]);
    expect(failed).toEqual(failed.map(() => ({ status: 500 })));
    expect(service.output()).toMatch(/timeout/iu);
    proxy.heal();
    expect(await request(service.port)).toEqual(ok);
    await ends(service);
  }),
);

test(
  "idle connections that stall do not hold the pool's end",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, { changes: hurried(proxy) });
    expect(await request(service.port)).toEqual(ok);
    proxy.stallOpen();
    await ends(service);
    expect(service.output()).toBe("drained\n");
  }),
);

test(
  "a rotation drains connections that stall, and the pool of the new credential is not held up by them",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret({ alternating: true });
    const service = await stage.startServer("server.ts", secretId, { changes: hurried(proxy) });
    await using lock = await stage.lockTable();
    const stalled = await underWay(service, secretId, lock, proxy.stallOpen);
    await stage.rotate(secretId);
    await expect
      .poll(async () => {
        expect(await request(service.port)).toEqual(ok);
        return stage.users(secretId);
      }, soon)
      .toContain(`${secretId}_clone`);
    expect(await Promise.all(stalled)).toEqual(stalled.map(() => ({ status: 500 })));
    await expect.poll(() => service.output(), soon).toContain("drained");
    await ends(service);
  }),
);

test(
  "without a query's time-out, `destroy` ends the drain of a rotation while connections stall",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret({ alternating: true });
    const changes = hurried(proxy, {
      "query_timeout: 10_000": "query_timeout: 0",
      "drainTimeoutMs: 10_000": 'drainTimeoutMs: 500, afterDrainTimeout: "destroy"',
    });
    const service = await stage.startServer("server.ts", secretId, { changes });
    await using lock = await stage.lockTable();
    const stalled = await underWay(service, secretId, lock, proxy.stallOpen);
    await stage.rotate(secretId);
    await expect.poll(async () => request(service.port), soon).toEqual(ok);
    expect(await Promise.all(stalled)).toEqual(stalled.map(() => ({ status: 500 })));
    await expect.poll(() => service.output(), soon).toContain("drained");
    await ends(service);
  }),
);

test(
  "a backend of PostgreSQL that is stopped costs its own query, within the time-out",
  fieldCase(kind, async () => {
    const proxy = await startProxy();
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, { changes: hurried(proxy) });
    expect(await request(service.port)).toEqual(ok);
    const [backend = 0] = await stage.backends(secretId);
    process.kill(backend, "SIGSTOP");
    onTestFinished(() => void process.kill(backend, "SIGCONT"));
    const asked = await Promise.all(Array.from({ length: 4 }, async () => request(service.port)));
    expect(asked.filter(({ status }) => status === 500)).toHaveLength(1);
    expect(asked.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await request(service.port)).toEqual(ok);
    await ends(service);
  }),
);
