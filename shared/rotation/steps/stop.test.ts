import { describe, expect, test, vi } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { recording } from "../../testing/gated.ts";
import { type MemoryRotation, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };

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

test("a stopped rotation's error names secret and version, and the database is as it was before it", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand", memoryValue("typed-by-hand"));
  await expect(stage.container()("finishSecret")).rejects.toMatchObject({
    code: "version-not-pending",
    context: { secret: stage.store.secretId, version: "v1" },
  });
  expect(stage.engine.accepts({ username: "app", password: new SecretValue("old-password") })).toBe(true);
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

describe("what somebody put while the rotation was in progress", () => {
  const app = (password: string) => ({ username: "app", password: new SecretValue(password) });
  async function afterSetSecret(...byHand: readonly string[]): Promise<MemoryRotation> {
    const stage = memoryRotation({ strategy: "single-user" });
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    for (const [index, password] of byHand.entries()) stage.store.putByHand(`hand${index}`, memoryValue(password));
    return stage;
  }
  const stopped = { code: "version-not-pending" };

  test.each([1, 2, 3])("is not installed, whoever put it, %d times over", async (times) => {
    const passwords = Array.from({ length: times }, (_, index) => `invented-${index}`);
    const stage = await afterSetSecret(...passwords);
    await expect(stage.container()("testSecret")).rejects.toMatchObject(stopped);
    expect(passwords.map((password) => stage.engine.accepts(app(password)))).toEqual(passwords.map(() => false));
    expect(stage.engine.accepts(app("old-password"))).toBe(true);
  });

  test("is left alone where it logs in: somebody changed the database to it", async () => {
    const stage = await afterSetSecret("typed-by-hand");
    stage.engine.give("app", ["typed-by-hand"]);
    const calls: string[] = [];
    await expect(stage.container(recording(calls))("testSecret")).rejects.toMatchObject(stopped);
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect(calls).not.toContain("setPassword");
  });

  test("does not matter where it is no credential", async () => {
    const stage = memoryRotation({ strategy: "single-user" });
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    stage.store.putByHand("hand", new SecretValue("not JSON"));
    await expect(stage.container()("testSecret")).rejects.toMatchObject(stopped);
    expect(stage.engine.accepts(app("old-password"))).toBe(true);
  });

  test.each([
    ["AWSCURRENT", ["invented"]],
    ["AWSPREVIOUS", ["invented", "invented-too"]],
  ])("is not installed as %s of the millisecond in which the rotation's version was made", async (label, passwords) => {
    const stage = await afterSetSecret(...passwords);
    const { read } = stage.store;
    const abandoned = await read(stage.store.secretId, { versionId: "v1" }, call);
    vi.spyOn(stage.store, "read").mockImplementation(async (id, at, options) => {
      const version = await read(id, at, options);
      return at.label === label && version && abandoned ? { ...version, createdAt: abandoned.createdAt } : version;
    });
    await expect(stage.container()("testSecret")).rejects.toMatchObject(stopped);
    expect(stage.engine.accepts(app("old-password"))).toBe(true);
  });

  test("leaves the new password in place, and is not tried, where the version before it is gone", async () => {
    const stage = await afterSetSecret("one", "two");
    vi.spyOn(stage.store, "unlabelled").mockResolvedValue([]);
    const pending = await stage.store.read(stage.store.secretId, { versionId: "v1" }, call);
    const calls: string[] = [];
    await expect(stage.container(recording(calls))("testSecret")).rejects.toMatchObject(stopped);
    expect(calls).not.toContain("login");
    expect(stage.engine.accepts(parseDatabaseSecret(pending?.value ?? memoryValue("")))).toBe(true);
  });

  test("a fault of rekey's own while it is tried is not taken for a refusal", async () => {
    const stage = await afterSetSecret("typed-by-hand");
    vi.spyOn(stage.engine, "login").mockRejectedValueOnce(new TypeError("a fault"));
    await expect(stage.container()("testSecret")).rejects.toThrow("a fault");
  });
});

test("a rotation that was stopped before setSecret changes nothing, though AWSCURRENT does not log in", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.putByHand("hand", memoryValue("invented"));
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.store.cancelRotation();
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "credential-orphaned" });
  expect(stage.engine.accepts({ username: "app", password: new SecretValue("old-password") })).toBe(true);
});

test("a recovery that was stopped leaves its new password: AWSCURRENT was never seen to log in", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.putByHand("hand", memoryValue("invented"));
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand2", memoryValue("invented-too"));
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  for (const password of ["invented", "invented-too"]) {
    expect(stage.engine.accepts({ username: "app", password: new SecretValue(password) })).toBe(false);
  }
  expect(stage.someVersionLogsIn()).toBe(true);
  stage.store.beginRotation("v2");
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const)
    await stage.container()(step, "v2");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
});

test("an unchanged AWSCURRENT is offered once before it is put back: refused logins lock accounts", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.cancelRotation();
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "rotation-disabled" });
  expect([stage.logsIn("AWSCURRENT"), stage.engine.refusedLogins()]).toEqual([true, 1]);
});

test("a secret whose AWSPREVIOUS has no value is searched for an older version, and left where there is none", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand", memoryValue("invented"));
  const invoke = stage.container();
  const { read } = stage.store;
  vi.spyOn(stage.store, "read").mockImplementation(async (id, at, options) =>
    at.label === "AWSPREVIOUS" ? undefined : read(id, at, options),
  );
  await expect(invoke("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect(stage.engine.accepts({ username: "app", password: new SecretValue("invented") })).toBe(false);
});

test("a secret without AWSPREVIOUS is not asked for it", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.putByHand("hand", memoryValue("invented"));
  const { describe: describeSecret, read } = stage.store;
  vi.spyOn(stage.store, "describe").mockImplementation(async (id, options) => {
    const description = await describeSecret(id, options);
    const labels = [...description.labels].filter(([, on]) => !on.includes("AWSPREVIOUS"));
    return { ...description, labels: new Map(labels) };
  });
  const asked: (string | undefined)[] = [];
  vi.spyOn(stage.store, "read").mockImplementation(async (id, at, options) => {
    asked.push(at.label);
    return read(id, at, options);
  });
  await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect(asked).not.toContain("AWSPREVIOUS");
});
