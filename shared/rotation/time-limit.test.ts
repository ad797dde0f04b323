import { describe, expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { type MemoryRotation, memoryRotation } from "../testing/memory-rotation.ts";
import type { RotationStep } from "../ports/rotation.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
const call = { signal: new AbortController().signal };

/** The time limit passes at the k-th call of a step, before or after it took effect: from then on every call ends at once. */
function limited(
  { container }: MemoryRotation,
  at: number,
  takesEffect: boolean,
): ReturnType<MemoryRotation["container"]> {
  let calls = 0;
  return container(async (_operation, work) => {
    calls++;
    if (calls > at) throw new RekeyError("time-budget-spent");
    if (calls < at) return work();
    if (takesEffect) await work();
    throw new RekeyError("time-budget-spent");
  });
}

/** What a human does with a rotation that does not end. */
const restarts: Readonly<Record<string, (stage: MemoryRotation, from: string, to: string) => Promise<void>>> = {
  async "RotateSecret with a new token, which takes AWSPENDING along"({ store }, _from, to) {
    store.beginRotation(to);
  },
  async "AWSPENDING is taken off first"({ store }, from, to) {
    await store.clearPending({ step: "createSecret", secretId: store.secretId, versionId: from }, call);
    store.beginRotation(to);
  },
  async "the rotation is canceled first"({ store }, _from, to) {
    store.cancelRotation();
    store.beginRotation(to);
  },
};

/** Each step in a cold container of its own. Returns whether one of them ended early. */
async function runCut(stage: MemoryRotation, versionId: string, cut: RotationStep, at: number, takesEffect: boolean) {
  for (const step of steps) {
    const invoke = step === cut ? limited(stage, at, takesEffect) : stage.container();
    const isDone = await invoke(step, versionId).then(
      () => true,
      () => false,
    );
    if (!isDone) return true;
  }
  return false;
}

describe.each([
  ["single-user", { strategy: "single-user" }],
  ["single-user, changed at finishSecret", { strategy: "single-user", tags: { "rekey:change-at": "finishSecret" } }],
  ["single-user on two hosts", { strategy: "single-user", fields: { hosts: ["db", "db2"] } }],
  ["alternating-users", { strategy: "alternating-users" }],
  ["dual-password", { strategy: "dual-password" }],
] as const)("%s: a first rotation whose time limit passes, in cold containers", (_name, options) => {
  test.each(Object.entries(restarts))(
    "heals without AWSPREVIOUS after a human restarts it: %s",
    async (_how, restart) => {
      let points = 0;
      for (const cut of steps) {
        for (const takesEffect of [true, false]) {
          for (let at = 1; at < 40; at++) {
            const stage = memoryRotation(options);
            stage.engine.give("app", ["old-password"], "db2");
            stage.store.beginRotation("v1");
            if (!(await runCut(stage, "v1", cut, at, takesEffect))) break;
            points++;
            if (stage.store.versionIdOf("AWSCURRENT") === "v1") continue;
            expect(stage.store.versionIdOf("AWSPREVIOUS")).toBeUndefined();
            await restart(stage, "v1", "v2");
            // The second one is cut at the same place, and a human restarts that too.
            await runCut(stage, "v2", cut, at, takesEffect);
            if (stage.store.versionIdOf("AWSCURRENT") === "v2") continue;
            await restart(stage, "v2", "v3");
            for (const step of steps) await stage.container()(step, "v3");
            const point = { cut, at, takesEffect };
            const state = { current: stage.store.versionIdOf("AWSCURRENT"), logsIn: stage.logsIn("AWSCURRENT") };
            expect({ ...point, ...state }).toEqual({ ...point, current: "v3", logsIn: true });
          }
        }
      }
      expect(points).toBeGreaterThan(15);
    },
  );
});
