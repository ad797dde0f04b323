import { expect, test } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { recording } from "../../testing/gated.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };

async function created(): Promise<MemoryRotation> {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  return stage;
}

test("the error says whose credential was refused, that all is as before, and that it was rolled back", async () => {
  const stage = await created();
  await expect(stage.container()("testSecret")).rejects.toMatchObject({
    code: "credential-refused",
    context: { user: "app", label: "AWSPENDING", rolledBack: true },
    hint: expect.stringMatching(/new credential did not log in; AWSCURRENT is as it was/u),
  });
});

test("a password that was changed between setSecret and testSecret is put back to AWSCURRENT by the same container", async () => {
  const stage = await created();
  const invoke = stage.container();
  await invoke("setSecret");
  stage.store.beginRotation("v1");
  stage.engine.give("app", ["old-password"]);
  await expect(invoke("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect(stage.store.versionIdOf("AWSPENDING")).toBeUndefined();
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

test("the current credential is proven before AWSPENDING is removed, and once more after it", async () => {
  const stage = await created();
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("testSecret")).rejects.toThrow("credential-refused");
  const afterTheRefusal = calls.slice(calls.indexOf("login") + 1);
  expect(afterTheRefusal).toEqual(["login", "describe", "login", "clearPending", "login", "publish"]);
});

test("a setSecret of the same moment that takes effect before AWSPENDING is removed is undone after it", async () => {
  const stage = await created();
  const pending = stage.store.labelled("AWSPENDING")?.value ?? memoryValue("");
  const invoke = stage.container(async (operation, work) => {
    if (operation === "clearPending") stage.engine.give("app", [parseDatabaseSecret(pending).password.reveal()]);
    return work();
  });
  await expect(invoke("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

test("a setSecret of the same moment that makes the new credential log in after all: nothing is rolled back", async () => {
  const stage = await created();
  const pending = stage.store.labelled("AWSPENDING")?.value ?? memoryValue("");
  const calls: string[] = [];
  const invoke = stage.container(async (operation, work) => {
    calls.push(operation);
    const result = await work();
    const isFirstLogin = operation === "login" && stage.engine.logins() === 1;
    if (isFirstLogin) stage.engine.give("app", [parseDatabaseSecret(pending).password.reveal()]);
    return result;
  });
  await expect(invoke("testSecret")).resolves.toBe("done");
  expect(stage.store.versionIdOf("AWSPENDING")).toBe("v1");
  expect(stage.logsIn("AWSPENDING")).toBe(true);
  expect(calls).not.toContain("setPassword");
});

test("a copy of the current value that does not log in is refused as it stands: there is nothing to roll back", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("copy");
  const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "copy" } as const;
  await stage.store.putPending(request, memoryValue("old-password"), call);
  stage.engine.give("app", ["changed by hand"]);
  await expect(stage.container()("testSecret", "copy")).rejects.toMatchObject({
    code: "credential-refused",
    context: { user: "app", label: "AWSPENDING", rolledBack: false },
  });
  expect(stage.store.versionIdOf("AWSPENDING")).toBe("copy");
  expect(stage.engine.logins()).toBe(1);
});
