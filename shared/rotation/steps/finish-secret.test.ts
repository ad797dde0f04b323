import { describe, expect, test, vi } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { recording } from "../../testing/gated.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };

async function tested(): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "testSecret"] as const) await stage.container()(step);
  return stage;
}

test("a refused promotion of a rotation that goes on is the step's error; the database stays as it is", async () => {
  const stage = await tested();
  const invoke = stage.container(async (operation, work) => {
    if (operation === "promote") throw new RekeyError("store-rejected", { context: { reason: "test" } });
    return work();
  });
  await expect(invoke("finishSecret")).rejects.toMatchObject({ code: "store-rejected", context: { reason: "test" } });
  expect(stage.logsIn("AWSPENDING")).toBe(true);
  await expect(stage.container()("finishSecret")).resolves.toBe("done");
});

test("a promotion that failed for another reason is tried again, and then puts back the version that it replaced", async () => {
  const stage = await tested();
  const invoke = stage.container(async (operation, work) => {
    if (operation !== "promote") return work();
    stage.store.putByHand("hand", memoryValue("typed-by-hand"));
    throw new RekeyError("store-throttled");
  });
  await expect(invoke("finishSecret")).rejects.toMatchObject({ code: "store-throttled" });
  await expect(stage.container()("finishSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect([stage.logsIn("AWSCURRENT"), stage.logsIn("AWSPREVIOUS")]).toEqual([false, true]);
});

test("a twin that promotes in the middle: the step is done, and the event is sent", async () => {
  const stage = await tested();
  const request = { step: "finishSecret", secretId: stage.store.secretId, versionId: "v1" } as const;
  const invoke = stage.container(async (operation, work) => {
    if (operation === "read" && stage.store.versionIdOf("AWSCURRENT") === "v0") {
      await stage.store.promote(request, { from: "v0" }, call);
      await stage.store.clearPending(request, call);
    }
    return work();
  });
  await expect(invoke("finishSecret")).resolves.toBe("done");
  expect(stage.publisher.events).toEqual([
    expect.objectContaining({ type: "Secret Rotated", versionId: "v1", previousVersionId: "v0" }),
  ]);
});

test("a secret that has lost AWSCURRENT is not promoted over", async () => {
  const stage = await tested();
  const description = await stage.store.describe(stage.store.secretId, call);
  vi.spyOn(stage.store, "describe").mockResolvedValue({ ...description, labels: new Map([["v1", ["AWSPENDING"]]]) });
  await expect(stage.container()("finishSecret")).rejects.toMatchObject({
    code: "secret-not-found",
    context: { secret: stage.store.secretId, label: "AWSCURRENT" },
  });
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v0");
});

describe("the mark of a rotation that replaced a password which was not AWSCURRENT's", () => {
  const labelsOf = async ({ store }: MemoryRotation): Promise<readonly string[]> =>
    (await store.describe(store.secretId, call)).labels.get("v1") ?? [];
  async function recovered(): Promise<MemoryRotation> {
    const stage = memoryRotation({ strategy: "single-user" });
    stage.store.putByHand("hand", memoryValue("mistyped"));
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret", "testSecret"] as const) await stage.container()(step);
    expect(await labelsOf(stage)).toEqual(["AWSPENDING", "rekey-recovered"]);
    return stage;
  }

  const invented = async (stage: MemoryRotation, times: number): Promise<void> => {
    for (let put = 0; put < times; put++) stage.store.putByHand(`put${put}`, memoryValue(`invented-${put}`));
    await expect(stage.container()("createSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  };

  test.each([1, 2])("keeps a step that comes again from installing a value, when %d were put since", async (times) => {
    const stage = await recovered();
    await stage.container()("finishSecret");
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    await invented(stage, times);
    expect(await labelsOf(stage)).toContain("rekey-recovered");
    expect(stage.engine.accepts(parseDatabaseSecret(memoryValue("mistyped")))).toBe(false);
    expect(stage.someVersionLogsIn()).toBe(true);
  });

  test("also when finishSecret itself replaced the password, after it was marked", async () => {
    const stage = memoryRotation({ strategy: "single-user", tags: { "rekey:change-at": "finishSecret" } });
    stage.store.putByHand("hand", memoryValue("mistyped"));
    stage.store.beginRotation("v1");
    const calls: string[] = [];
    const invoke = stage.container(recording(calls));
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await invoke(step);
    const changes = calls.filter((operation) => /mark|setPassword|promote/u.test(operation));
    expect(changes).toEqual(["mark", "setPassword", "promote"]);
    await invented(stage, 1);
    expect(stage.engine.accepts(parseDatabaseSecret(memoryValue("mistyped")))).toBe(false);
  });
});

test("a step of a finished rotation that comes again after a value was put leaves the database as the rotation left it", async () => {
  const stage = await tested();
  await stage.container()("finishSecret");
  stage.store.putByHand("hand", memoryValue("typed-by-hand"));
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("createSecret")).rejects.toMatchObject({
    code: "version-not-pending",
  });
  expect(stage.logsIn("AWSPREVIOUS")).toBe(true);
  expect(calls).not.toContain("setPassword");
});
