import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryRotation } from "../testing/memory-rotation.ts";

const fields = { hosts: ["db2", "db3:6000"] };
const credential = (password: string) => ({ username: "app", password: new SecretValue(password) });
const hosts = ["db", "db2", "db3"];

test("one credential is changed on all of its hosts", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await invoke(step);
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v1");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
  expect(stage.engine.refusedLogins()).toBe(0);
});

test("a host that cannot be reached: none is changed", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.unreachable.add("db3");
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "database-unreachable" });
  for (const host of hosts) expect(stage.engine.accepts(credential("old-password"), host)).toBe(true);
});

test("a host that fails in the middle: those before it are restored", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  let changes = 0;
  const invoke = stage.container(async (operation, work) => {
    if (operation === "setPassword" && ++changes === 3) throw new Error("cut");
    return work();
  });
  await expect(invoke("setSecret")).rejects.toThrow("cut");
  for (const host of hosts) expect(stage.engine.accepts(credential("old-password"), host)).toBe(true);
  await stage.container()("setSecret");
  await expect(stage.container()("testSecret")).resolves.toBe("done");
});

test("AWSPENDING with another list of hosts is refused before any contact", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const pending = stage.store.labelled("AWSPENDING")?.value.reveal() ?? "{}";
  const tampered = memoryRotation({ strategy: "single-user", fields });
  tampered.store.beginRotation("v1");
  const value = new SecretValue(JSON.stringify({ ...JSON.parse(pending), hosts: ["db2", "evil"] }));
  const request = { step: "createSecret", secretId: tampered.store.secretId, versionId: "v1" } as const;
  await tampered.store.putPending(request, value, { signal: AbortSignal.timeout(1_000) });
  await expect(tampered.container()("setSecret")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "hosts" },
  });
  expect(tampered.engine.logins()).toBe(0);
});
