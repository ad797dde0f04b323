import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type MemoryRotation, memoryRotation } from "../../testing/memory-rotation.ts";

const hourMs = 3_600_000;

/** A rotation of dual passwords that is over, and the moment at which its grace period of an hour will be. */
async function rotated(nowMs: () => number): Promise<{ readonly stage: MemoryRotation; readonly overAtMs: number }> {
  const stage = memoryRotation({ strategy: "dual-password", tags: { "rekey:grace": "1h" }, nowMs });
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await invoke(step);
  return { stage, overAtMs: (stage.store.labelled("AWSCURRENT")?.createdAt.getTime() ?? 0) + hourMs };
}

test.each([
  ["until half an hour before, the time that is left", 30 * 60_000, 30 * 60_000],
  ["in the last minute, a minute", 1, 60_000],
])("%s is said to whoever asks again", async (_moment, leftMs, retryAfterMs) => {
  let nowMs = 0;
  const { stage, overAtMs } = await rotated(() => nowMs);
  nowMs = overAtMs - leftMs;
  await expect(stage.container()("retirePrevious")).rejects.toMatchObject({
    code: "grace-not-over",
    context: { secret: stage.store.secretId, version: "v1" },
    retryAfterMs,
  });
  expect(stage.logsIn("AWSPREVIOUS")).toBe(true);
});

test("at the very moment that the grace period ends, the replaced credential stops, and the event names both versions", async () => {
  let nowMs = 0;
  const { stage, overAtMs } = await rotated(() => nowMs);
  nowMs = overAtMs;
  await expect(stage.container()("retirePrevious")).resolves.toBe("done");
  expect(stage.logsIn("AWSPREVIOUS")).toBe(false);
  const { secretId } = stage.store;
  expect(stage.publisher.events.at(-1)).toStrictEqual({
    type: "Secret Retired",
    secretArn: secretId,
    secretName: secretId,
    versionId: "v1",
    retiredVersionId: "v0",
    proof: "refused",
    heldBy: [],
  });
});

test("a secret that was never rotated has nothing to retire", async () => {
  const stage = memoryRotation({ strategy: "dual-password", tags: { "rekey:grace": "1m" }, nowMs: () => 1e15 });
  await expect(stage.container()("retirePrevious", "v0")).resolves.toBe("already-done");
  expect([stage.engine.logins(), stage.publisher.events.length]).toEqual([0, 0]);
});

test("on several hosts, the replaced credential stops on each", async () => {
  const nowMs = () => Date.now() + 2 * hourMs;
  const fields = { hosts: ["db2"] };
  const stage = memoryRotation({ strategy: "dual-password", fields, tags: { "rekey:grace": "1h" }, nowMs });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
    await stage.container()(step);
  await stage.container()("retirePrevious");
  const replaced = { username: "app", password: new SecretValue("old-password") };
  expect(["db", "db2"].filter((host) => stage.engine.accepts(replaced, host))).toEqual([]);
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});
