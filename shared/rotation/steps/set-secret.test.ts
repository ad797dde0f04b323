import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { recording } from "../../testing/gated.ts";
import { memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };
const request = (secretId: string) => ({ step: "finishSecret", secretId, versionId: "v1" }) as const;

test("before createSecret there is nothing to set: the error says so", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  const { secretId } = stage.store;
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "version-unknown",
    context: { secret: secretId, version: "v1", problem: "createSecret has not run" },
  });
});

test("a value put by hand while the password is being changed: the version before it is put back at once", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  const invoke = stage.container(async (operation, work) => {
    const result = await work();
    if (operation === "setPassword" && stage.store.versionIdOf("AWSCURRENT") === "v0") {
      stage.store.putByHand("hand", memoryValue("typed-by-hand"));
    }
    return result;
  });
  await invoke("createSecret");
  await expect(invoke("setSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("hand");
  expect([stage.logsIn("AWSCURRENT"), stage.logsIn("AWSPREVIOUS")]).toEqual([false, true]);
});

test("a twin that promotes while the password is being changed has done this step as well", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  const { store } = stage;
  store.beginRotation("v1");
  const invoke = stage.container(async (operation, work) => {
    const result = await work();
    if (operation === "setPassword") {
      await store.promote(request(store.secretId), { from: "v0" }, call);
      await store.clearPending(request(store.secretId), call);
    }
    return result;
  });
  await invoke("createSecret");
  await expect(invoke("setSecret")).resolves.toBe("already-done");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

test("a twin that promotes before the secret is looked at leaves nothing to set", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  const { store } = stage;
  store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret", "finishSecret"] as const) await stage.container()(step);
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("setSecret")).resolves.toBe("already-done");
  expect(calls).toEqual(["describe"]);
});

test("a secret without a current value is not found, under its label", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const { secretId } = stage.store;
  let reads = 0;
  const invoke = stage.container(async <Result>(operation: string, work: () => Promise<Result>) =>
    operation === "read" && ++reads === 2 ? (undefined as Result) : work(),
  );
  await expect(invoke("setSecret")).rejects.toMatchObject({
    code: "secret-not-found",
    context: { secret: secretId, label: "AWSCURRENT" },
  });
  expect(stage.engine.accepts({ username: "app", password: new SecretValue("old-password") })).toBe(true);
});
