import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { recording } from "../../testing/gated.ts";
import { memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

test("a version that the secret does not have is unknown, by its id", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  await expect(stage.container()("setSecret", "nobody")).rejects.toMatchObject({
    code: "version-unknown",
    context: { secret: stage.store.secretId, version: "nobody" },
  });
});

test("a cancelled rotation's error names secret and version", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  stage.store.cancelRotation();
  await expect(stage.container()("createSecret")).rejects.toMatchObject({
    code: "rotation-disabled",
    context: { secret: stage.store.secretId, version: "v1" },
  });
});

test("a stopped rotation's error names secret and version, and the database is as AWSCURRENT says", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand", memoryValue("typed-by-hand"));
  await expect(stage.container()("finishSecret")).rejects.toMatchObject({
    code: "version-not-pending",
    context: { secret: stage.store.secretId, version: "v1" },
  });
  expect(stage.engine.accepts({ username: "app", password: new SecretValue("typed-by-hand") })).toBe(true);
});

test("a stopped rotation leaves the database to the next one that is under way", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.beginRotation("v2");
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect(calls).toEqual(["describe", "read", "publish"]);
});
