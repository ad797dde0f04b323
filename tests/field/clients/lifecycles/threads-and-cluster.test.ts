import { expect, onTestFinished, test } from "vitest";
import { request, requestAllTheTime } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { takesConnections } from "../../../support/listening.ts";
import { runScript } from "../../../support/script-process.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
printFieldCases();

/** One process may get all requests: on a busy machine they are not spread evenly. */
const roomForAll = { "cluster.ts": { "max: 5": "max: 8" } };

test.each([
  { program: "threads.ts", changes: {} },
  { program: "cluster.ts", changes: roomForAll },
])(
  "$program: on SIGTERM each thread or process answers what is under way, through a rotation, and ends its pool",
  { timeout: 90_000 },
  async ({ program, changes }) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret();
      const service = await stage.startServer(program, secretId, { changes });
      const load = requestAllTheTime(service.port, 2);
      onTestFinished(async () => load.stop());
      await load.more(20);
      await stage.rotate(secretId);
      await load.more(20);
      await using lock = await stage.lockTable();
      const underWay = Array.from({ length: 6 }, async () => request(service.port));
      await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(8);
      service.child.kill("SIGTERM");
      await expect.poll(async () => takesConnections(service.port), soon).toBe(false);
      await stage.rotate(secretId);
      await lock.release();
      expect(await Promise.all(underWay)).toEqual(underWay.map(() => ({ status: 200 })));
      expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
      await load.stop();
      expect(load.answers.filter(({ status }) => status !== 200).map(({ status }) => status)).toEqual([
        "no answer",
        "no answer",
      ]);
      await expect.poll(async () => stage.connections(secretId), soon).toEqual({ open: 0, waiting: 0 });
      expect(await stage.subscriberQueues()).toBe(0);
    })(),
);

test(
  "each thread has a budget of its own for requests, and a value that is posted to a thread arrives empty",
  fieldCase(kind, async () => {
    const script = new URL("../../../support/lifecycles/thread-and-main.ts", import.meta.url);
    const { code, output } = await runScript(script, [], { signal: AbortSignal.timeout(20_000) });
    const { leftInMain, leftInThread, posted } = JSON.parse(output) as {
      readonly leftInMain: number;
      readonly leftInThread: number;
      readonly posted: unknown;
    };
    expect(code).toBe(0);
    expect(leftInThread).toBe(200);
    expect(leftInMain).toBeLessThan(leftInThread);
    expect(posted).toEqual({});
  }),
);

test(
  "a rolling restart of a cluster loses no request, with a rotation meanwhile, and one queue serves all workers",
  { timeout: 90_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret({ alternating: true });
    const service = await stage.startServer("cluster.ts", secretId);
    expect(await stage.subscriberQueues()).toBe(1);
    const load = requestAllTheTime(service.port, 3);
    onTestFinished(async () => load.stop());
    await load.more(20);
    const before = await stage.backends(secretId);
    expect(before).not.toEqual([]);
    service.child.kill("SIGHUP");
    await stage.rotate(secretId);
    // Workers that were there before have ended, with all of their connections.
    await expect
      .poll(async () => (await stage.backends(secretId)).filter((pid) => before.includes(pid)), soon)
      .toEqual([]);
    await stage.rotate(secretId);
    await load.more(20);
    await load.stop();
    expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
    service.child.kill("SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
    expect(await stage.subscriberQueues()).toBe(0);
  }),
);

test(
  "a supervisor that sends SIGTERM to the primary and to the workers costs a cluster no request, also in a rolling restart",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const service = await stage.startServer("cluster.ts", secretId);
    await using lock = await stage.lockTable();
    const underWay = Array.from({ length: 4 }, async () => request(service.port));
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(4);
    service.child.kill("SIGHUP");
    process.kill(-(service.child.pid ?? 0), "SIGTERM");
    await lock.release();
    expect(await Promise.all(underWay)).toEqual(underWay.map(() => ({ status: 200 })));
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
    expect(await stage.subscriberQueues()).toBe(0);
  }),
);

test(
  "a notice that the primary of a cluster passes on reaches every worker, none of which has a subscription",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret({ alternating: true });
    const service = await stage.startServer("cluster.ts", secretId);
    const ask = async (): Promise<unknown> => Promise.all([1, 2, 3, 4].map(async () => request(service.port)));
    await ask();
    await stage.moveOver(secretId, ask);
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
  }),
);

test(
  "a thread that is terminated leaves no connection on the server, and the process ends; its queue stays behind",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = { "threads.ts": { 'thread.postMessage("stop")': "void thread.terminate()" } };
    const service = await stage.startServer("threads.ts", secretId, { changes });
    expect(await Promise.all([request(service.port), request(service.port)])).toEqual([
      { status: 200 },
      { status: 200 },
    ]);
    expect((await stage.connections(secretId)).open).toBe(2);
    service.child.kill("SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
    await expect.poll(async () => stage.connections(secretId), soon).toEqual({ open: 0, waiting: 0 });
    expect(await stage.subscriberQueues()).toBe(2);
  }),
);
