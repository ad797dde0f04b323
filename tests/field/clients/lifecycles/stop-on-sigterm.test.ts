import { Agent } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { frameworkPackages } from "../../../support/lifecycles/frameworks.ts";
import { request, requestAllTheTime } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { takesConnections } from "../../../support/listening.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const frameworks = frameworkPackages();
const stage = duringTests(async () => startServiceStage(frameworks));
const kind = "lifecycles";
const soon = { timeout: 60_000 };
printFieldCases();

interface Recipe {
  readonly program: string;
  readonly isFramework: boolean;
  readonly end: number | string;
  readonly printed: RegExp;
}

const recipes: readonly Recipe[] = [
  { program: "server.ts", isFramework: false, end: 0, printed: /^$/u },
  { program: "express.ts", isFramework: true, end: 0, printed: /^$/u },
  { program: "fastify.ts", isFramework: true, end: 0, printed: /^$/u },
  // Nest sends itself the signal again, so it ends as by that signal; a shell shows 143.
  { program: "nest.ts", isFramework: true, end: "SIGTERM", printed: /^(?!.*ERROR)/su },
];

describe.each(recipes)("$program", ({ program, isFramework, end, printed }) => {
  test.skipIf(isFramework && frameworks === undefined).each([false, true])(
    "on SIGTERM under load every request under way is answered, with a rotation in the midst, and pool, queue and process end (alternating: %s)",
    { timeout: 90_000 },
    async (alternating) =>
      fieldCase(kind, async () => {
        const secretId = await stage.secret({ alternating });
        const service = await stage.startServer(program, secretId);
        const load = requestAllTheTime(service.port, 4);
        onTestFinished(async () => load.stop());
        await load.more(20);
        await stage.rotate(secretId);
        await load.more(20);

        await using lock = await stage.lockTable();
        const keeping = new Agent({ keepAlive: true });
        onTestFinished(() => keeping.destroy());
        const underWay = Array.from({ length: 6 }, async (_, at) => request(service.port, at % 2 === 0 && keeping));
        // Each of the load's requests waits, too.
        await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(10);
        service.child.kill("SIGTERM");
        await expect.poll(async () => takesConnections(service.port), soon).toBe(false);
        await stage.rotate(secretId);
        await lock.release();

        expect(await Promise.all(underWay)).toEqual(underWay.map(() => ({ status: 200 })));
        expect({ end: await service.ended, printed: service.output() }).toEqual({
          end,
          printed: expect.stringMatching(printed),
        });
        await load.stop();
        const statuses = load.answers.map(({ status }) => status);
        // The last one of each worker found the door closed.
        expect(statuses.filter((status) => status !== 200)).toEqual(Array.from({ length: 4 }, () => "no answer"));
        await expect.poll(async () => stage.connections(secretId), soon).toEqual({ open: 0, waiting: 0 });
        expect(await stage.subscriberQueues()).toBe(0);
      })(),
  );
});

test.each([false, true])(
  "SIGTERM in the midst of a rotation's steps fails no query, and the process ends in order (alternating: %s)",
  async (alternating) =>
    fieldCase(kind, async () => {
      const secretId = await stage.secret({ alternating });
      const service = await stage.startServer("server.ts", secretId);
      const load = requestAllTheTime(service.port, 4);
      onTestFinished(async () => load.stop());
      await load.more(20);
      // From the second step on the server knows the new password, or user.
      const requests = stage.cli.stack.aws.requests;
      const before = requests.length;
      const rotating = stage.rotate(secretId);
      await expect
        .poll(() => requests.slice(before).some(({ operation }) => operation === "PutSecretValue"), {
          ...soon,
          interval: 1,
        })
        .toBe(true);
      service.child.kill("SIGTERM");
      expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
      await rotating;
      await load.stop();
      expect(load.answers.filter(({ status }) => status !== 200).every(({ status }) => status === "no answer")).toBe(
        true,
      );
      expect(await stage.subscriberQueues()).toBe(0);
    })(),
);

test.skipIf(frameworks === undefined)(
  "with `useProcessExit` Nest ends with 0",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = { "nest.ts": { '(["SIGTERM"])': '(["SIGTERM"], { useProcessExit: true })' } };
    const service = await stage.startServer("nest.ts", secretId, { changes });
    expect(await request(service.port)).toEqual({ status: 200 });
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    expect(await stage.subscriberQueues()).toBe(0);
  }),
);
