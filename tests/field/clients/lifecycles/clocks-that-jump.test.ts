import { expect, onTestFinished, test } from "vitest";
import { request, requestAllTheTime } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { valueReads } from "../../../support/value-reads.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
const movedClock = new URL("../../../support/lifecycles/moved-clock.ts", import.meta.url).href;
const node = ["--import", movedClock];
printFieldCases();

const reads = (): number => valueReads(stage.cli.stack).length;

test.each([
  ["forward by two hours", "2"],
  ["back by two hours", "-2"],
  ["forward by a year and back", "8760,-8760"],
])(
  "a wall clock that is set %s costs a service no query, and no flood of reads; a rotation after it arrives by push",
  { timeout: 60_000 },
  async (_jump, jumps) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret({ alternating: true });
      const users = [`${secretId}_clone`, secretId];
      const service = await stage.startServer("server.ts", secretId, { node, variables: { CLOCK_JUMPS: jumps } });
      const load = requestAllTheTime(service.port, 4);
      onTestFinished(async () => load.stop());
      await load.more(20);
      for (const _ of jumps.split(",")) {
        const before = reads();
        service.child.kill("SIGUSR2");
        await load.more(100);
        // One for the value past its time, and again after AWS's answer has told the SDK the time.
        expect(reads() - before).toBeLessThanOrEqual(5);
        await stage.rotate(secretId);
        await expect.poll(async () => stage.users(secretId), soon).toEqual([users.shift()]);
        await load.more(100);
      }
      await load.stop();
      expect(load.answers.filter(({ status }) => status !== 200)).toEqual([]);
      service.child.kill("SIGTERM");
      expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
    })(),
);

test.each(["3", "-3"])(
  "a value is served no longer than its TTL by a process whose clock was set by %s hours",
  { timeout: 60_000 },
  async (jumps) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret({ alternating: true });
      const changes = {
        "database.ts": {
          "createSecretClient({": "createSecretClient({ ttlMs: 1_000,",
          "client.subscribe(sqsSource({ sqs, queueUrl: queue.queueUrl }));": "void sqsSource;",
        },
      };
      const variables = { CLOCK_JUMPS: jumps };
      const service = await stage.startServer("server.ts", secretId, { node, changes, variables });
      expect(await request(service.port)).toEqual({ status: 200 });
      service.child.kill("SIGUSR2");
      expect(await request(service.port)).toEqual({ status: 200 });
      await stage.moveOver(secretId, async () => expect(await request(service.port)).toEqual({ status: 200 }));
      service.child.kill("SIGTERM");
      expect(await service.ended).toBe(0);
    })(),
);

test(
  "a service that starts with a clock that is hours off reads its secret, since the SDK takes the time from the answer",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const before = stage.cli.stack.aws.requests.length;
    const variables = { CLOCK_JUMPS: "5", CLOCK_STARTS: "moved" };
    const service = await stage.startServer("server.ts", secretId, { node, variables });
    expect(await request(service.port)).toEqual({ status: 200 });
    expect(stage.cli.stack.aws.requests.slice(before).map(({ errorType }) => errorType)).toContain(
      "InvalidSignatureException",
    );
    service.child.kill("SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
  }),
);
