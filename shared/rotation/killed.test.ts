import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryRotation, memoryRotation } from "../testing/memory-rotation.ts";
import type { RotationStep, StepOutcome } from "../ports/rotation.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];

/** A container that dies at its k-th call, before or after that call took effect; every other call is watched. */
function mortal(
  { container, someVersionLogsIn }: MemoryRotation,
  lockedOut: string[],
  { killAt, after }: { readonly killAt: number | undefined; readonly after: boolean },
  schedule: (name: string) => Promise<void> = async () => undefined,
): (step: RotationStep, versionId?: string) => Promise<StepOutcome> {
  let calls = 0;
  let dead = false;
  return container(async (operation, work) => {
    if (dead) throw new Error("dead");
    await schedule(operation);
    const dies = calls++ === killAt;
    if (dies) dead = true;
    if (dies && !after) throw new Error("killed before");
    const result = await work();
    if (!["db", "db2"].every((host) => someVersionLogsIn(host))) lockedOut.push(operation);
    if (dies) throw new Error("killed after");
    return result;
  });
}

/** Whatever happened, one more whole rotation succeeds, by the waiting version or by a new one. */
async function settles({ store, container, logsIn, publisher }: MemoryRotation, lockedOut: string[]): Promise<void> {
  expect(lockedOut).toEqual([]);
  if (store.versionIdOf("AWSPENDING") === undefined) store.beginRotation("v2");
  const versionId = store.versionIdOf("AWSPENDING") ?? "v2";
  for (const step of steps) await container()(step, versionId);
  expect(logsIn("AWSCURRENT")).toBe(true);
  expect(store.versionIdOf("AWSCURRENT")).toBe(versionId);
  expect(publisher.events).toContainEqual(expect.objectContaining({ type: "Secret Rotated", versionId }));
}

const death = fc.record({ killAt: fc.option(fc.nat(16), { nil: undefined }), after: fc.boolean() });

describe.each([
  ["single-user", { strategy: "single-user" }],
  ["single-user, changed at finishSecret", { strategy: "single-user", tags: { "rekey:change-at": "finishSecret" } }],
  ["single-user on two hosts", { strategy: "single-user", fields: { hosts: ["db", "db2"] } }],
  ["alternating-users", { strategy: "alternating-users" }],
  ["dual-password", { strategy: "dual-password" }],
] as const)("%s, killed anywhere", (_name, options) => {
  const fresh = (): MemoryRotation => {
    const stage = memoryRotation(options);
    stage.engine.give("app", ["old-password"], "db2");
    stage.store.beginRotation("v1");
    return stage;
  };

  test("steps in any order, one after the other", async () => {
    const invocation = fc.tuple(fc.constantFrom(...steps), death);
    await fc.assert(
      fc.asyncProperty(fc.array(invocation, { maxLength: 10 }), async (invocations) => {
        const stage = fresh();
        const lockedOut: string[] = [];
        for (const [step, one] of invocations) await mortal(stage, lockedOut, one)(step).catch(() => undefined);
        await settles(stage, lockedOut);
      }),
      { numRuns: sampledRuns(500) },
    );
  });

  test("each step several times at once, the stragglers running on into the next steps", async () => {
    const twins = fc.array(death, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.tuple(twins, twins, twins, twins), async (scheduler, protocol) => {
        const stage = fresh();
        const lockedOut: string[] = [];
        const all: Promise<unknown>[] = [];
        const drive = async (): Promise<void> => {
          for (const [index, deaths] of protocol.entries()) {
            const step = steps[index] ?? "finishSecret";
            const schedule = async (name: string): Promise<void> =>
              scheduler.schedule(Promise.resolve(), `${step} ${name}`);
            const running = [...deaths, { killAt: undefined, after: false }].map(async (one) =>
              mortal(stage, lockedOut, one, schedule)(step),
            );
            all.push(...running.map(async (one) => one.catch(() => undefined)));
            await Promise.any(running);
          }
        };
        await scheduler.waitFor(drive());
        await scheduler.waitFor(Promise.all(all));
        await settles(stage, lockedOut);
      }),
      { numRuns: sampledRuns(300) },
    );
  });

  test("a human gives up at any point, takes AWSPENDING off and rotates anew under another token", async () => {
    let points = 0;
    for (const after of [true, false]) {
      for (let killAt = 0; killAt < 40; killAt++) {
        const stage = fresh();
        const lockedOut: string[] = [];
        const invoke = mortal(stage, lockedOut, { killAt, after });
        let died = false;
        for (const step of steps)
          died ||= await invoke(step).then(
            () => false,
            () => true,
          );
        if (!died) break;
        points++;
        await stage.store.clearPending(
          { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" },
          {
            signal: AbortSignal.timeout(1_000),
          },
        );
        await settles(stage, lockedOut);
      }
    }
    expect(points).toBeGreaterThan(20);
  });
});
