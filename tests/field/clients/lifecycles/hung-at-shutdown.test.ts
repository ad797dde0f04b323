import { expect, test } from "vitest";
import { request } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { takesConnections } from "../../../support/listening.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
printFieldCases();

const query = 'await pool.query("SELECT count(*) FROM orders")';
/** The request is answered, and its connection is never given back. */
const keptQuery = `await pool.connect().then((kept) => (kept.query("SELECT pg_sleep(600)").catch(() => undefined), { rows: [0] }))`;
const unlimited = "query_timeout: 10_000";

test(
  "a query that hangs at SIGTERM ends with its time-out: the request is answered, and the process ends with 0",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = { "database.ts": { "query_timeout: 10_000": "query_timeout: 1_500" } };
    const service = await stage.startServer("server.ts", secretId, { changes });
    await using lock = await stage.lockTable();
    const underWay = request(service.port);
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(1);
    service.child.kill("SIGTERM");
    expect(await underWay).toEqual({ status: 500 });
    expect(await service.ended).toBe(0);
    expect(service.output()).toMatch(/Query read timeout/u);
    expect(await stage.subscriberQueues()).toBe(0);
    await lock.release();
  }),
);

test.each([
  ["destroy", 0],
  ["release", 1],
] as const)(
  "a connection that is not given back holds the process no longer than the drain's time, or the deadline (%s)",
  async (after, end) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret();
      const changes = {
        "database.ts": {
          "drainTimeoutMs: 10_000": `drainTimeoutMs: 500, afterDrainTimeout: "${after}"`,
          [unlimited]: "query_timeout: 0",
        },
        "server.ts": { [query]: keptQuery, "25_000": "5_000" },
      };
      const service = await stage.startServer("server.ts", secretId, { changes });
      expect(await request(service.port)).toEqual({ status: 200 });
      service.child.kill("SIGTERM");
      expect({ end: await service.ended, printed: service.output() }).toEqual({ end, printed: "" });
      // The pool's end was bounded, so what comes after it was done in either case.
      expect(await stage.subscriberQueues()).toBe(0);
    })(),
);

test(
  "a query without any limit holds a worker until its deadline, which ends it with 1",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const queueUrl = await stage.newQueue();
    const changes = { "database.ts": { [unlimited]: "query_timeout: 0" }, "worker.ts": { "25_000": "1_000" } };
    const variables = { JOBS_QUEUE_URL: queueUrl };
    const worker = await stage.start("worker.ts", secretId, { changes, variables });
    await using lock = await stage.lockTable();
    await stage.sendJob(queueUrl, 1);
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(1);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(1);
    await lock.release();
  }),
);

test(
  "a second SIGTERM ends the process at once",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = { "database.ts": { [unlimited]: "query_timeout: 0" } };
    const service = await stage.startServer("server.ts", secretId, { changes });
    await using lock = await stage.lockTable();
    const underWay = request(service.port);
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(1);
    service.child.kill("SIGTERM");
    await expect.poll(async () => takesConnections(service.port), soon).toBe(false);
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe("SIGTERM");
    expect(await underWay).toEqual({ status: "no answer" });
    await lock.release();
  }),
);
