import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { recording } from "../../testing/gated.ts";
import type { MemoryEngine } from "../../testing/memory-engine.ts";
import { memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };

test("a value that an earlier run wrote is kept, after a look that it is one of this rotation's", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const written = stage.store.labelled("AWSPENDING")?.value;
  await expect(stage.container()("createSecret")).resolves.toBe("already-done");
  expect(stage.store.labelled("AWSPENDING")?.value).toBe(written);
});

test("a server that makes the credentials is not asked again for a version that has one", async () => {
  const stage = memoryRotation({ strategy: "issued" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("createSecret")).resolves.toBe("already-done");
  expect(calls).toEqual(["describe", "read", "read"]);
});

test("a version that holds a value but no longer AWSPENDING is a conflict, which names the version", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  const invoke = stage.container(async (operation, work) => {
    if (operation !== "putPending") return work();
    const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" } as const;
    await stage.store.putPending(request, memoryValue("from a twin"), call);
    await stage.store.clearPending(request, call);
    throw new RekeyError("version-conflict");
  });
  await expect(invoke("createSecret")).rejects.toMatchObject({
    code: "version-conflict",
    context: { version: "v1" },
  });
});

test("any other refusal of the write is the step's error, also where a value stands there", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const invoke = stage.container(async (operation, work) => {
    if (operation === "putPending") throw new RekeyError("store-throttled");
    return work();
  });
  await expect(invoke("createSecret")).rejects.toMatchObject({ code: "store-throttled" });
});

test("the password follows the secret's policy", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags: { "rekey:password-length": "77" } });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const { password } = JSON.parse(stage.store.labelled("AWSPENDING")?.value.reveal() ?? "{}") as { password: string };
  expect(password).toHaveLength(77);
});

const experimental = { wiring: (engine: MemoryEngine) => ({ engine: { ...engine, isExperimental: true } }) };

test.each([{}, { "rekey:accept-experimental": "false" }])(
  "an experimental engine begins no rotation of a secret with the tags %j, and says so",
  async (tags) => {
    const stage = memoryRotation({ strategy: "single-user", tags, ...experimental });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "engine-experimental",
      context: { secret: stage.store.secretId, engine: "memory" },
    });
    expect(stage.store.labelled("AWSPENDING")?.value).toBeUndefined();
    expect(stage.publisher.events).toMatchObject([{ type: "Secret Rotation Failed", code: "engine-experimental" }]);
  },
);

test("it rotates a secret that accepts it, and finishes a rotation whose tag is taken away", async () => {
  const tags = { "rekey:accept-experimental": "true" };
  const stage = memoryRotation({ strategy: "single-user", tags, ...experimental });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  await stage.container()("setSecret");
  stage.store.tags.delete("rekey:accept-experimental");
  await stage.container()("testSecret");
  await stage.container()("finishSecret");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});
