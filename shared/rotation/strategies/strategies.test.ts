import { describe, expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { recording } from "../../testing/gated.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";
import type { StrategyName } from "../rotation-policy.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const app = (password: string) => ({ username: "app", password: new SecretValue(password) });

async function rotateOnce(stage: MemoryRotation, versionId = "v1"): Promise<void> {
  stage.store.beginRotation(versionId);
  const invoke = stage.container();
  for (const step of steps) await invoke(step, versionId);
}

const pendingOf = ({ store }: MemoryRotation) => {
  const version = store.labelled("AWSPENDING");
  if (version === undefined) throw new Error("no AWSPENDING");
  return parseDatabaseSecret(version.value);
};

describe("a healthy rotation has no refused login", () => {
  test.each<[StrategyName, number, object | undefined]>([
    ["single-user", 2, undefined],
    ["alternating-users", 3, undefined],
    ["dual-password", 2, undefined],
    ["dual-password", 3, { masterarn: memoryAdminId }],
    ["issued", 1, undefined],
  ])("%s: %d connections", async (strategy, logins, fields) => {
    const stage = memoryRotation({ strategy, ...(fields === undefined ? {} : { fields }) });
    await rotateOnce(stage);
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect([stage.engine.refusedLogins(), stage.engine.logins()]).toEqual([0, logins]);
  });
});

describe.each<StrategyName>(["alternating-users", "dual-password", "issued"])("%s", (strategy) => {
  test("the replaced credential logs in until its grace period is over, then it is retired", async () => {
    let aheadMs = 0;
    const stage = memoryRotation({ strategy, tags: { "rekey:grace": "1h" }, nowMs: () => Date.now() + aheadMs });
    await rotateOnce(stage);
    expect(stage.logsIn("AWSPREVIOUS")).toBe(true);
    await expect(stage.container()("retirePrevious")).rejects.toMatchObject({
      code: "grace-not-over",
      disposition: "retry",
      retryAfterMs: expect.toSatisfy((leftMs: number) => leftMs > 0 && leftMs <= 3_600_000),
    });
    expect(stage.logsIn("AWSPREVIOUS")).toBe(true);

    aheadMs = 3_600_001;
    for (let repetition = 0; repetition < 2; repetition++) {
      await expect(stage.container()("retirePrevious")).resolves.toBe("done");
      expect(stage.logsIn("AWSPREVIOUS")).toBe(false);
      expect(stage.logsIn("AWSCURRENT")).toBe(true);
    }
    expect(stage.publisher.events).toContainEqual(
      expect.objectContaining({ type: "Secret Retired", versionId: "v1", retiredVersionId: "v0" }),
    );
    await rotateOnce(stage, "v2");
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
  });

  test("when everyone has adopted the version, its grace period need not be over; a rotation under way must be", async () => {
    const stage = memoryRotation({ strategy, tags: { "rekey:grace": "1h" } });
    await rotateOnce(stage);
    await expect(stage.container()("retirePrevious", "v1", true)).resolves.toBe("done");
    expect([stage.logsIn("AWSPREVIOUS"), stage.logsIn("AWSCURRENT")]).toEqual([false, true]);
    stage.store.beginRotation("v2");
    await expect(stage.container()("retirePrevious", "v1", true)).rejects.toMatchObject({ code: "grace-not-over" });
  });

  test("nothing is retired while a rotation is under way, without a grace period, or for a version that is not current", async () => {
    const later = Date.now() + 86_400_000;
    const stage = memoryRotation({ strategy, tags: { "rekey:grace": "1h" }, nowMs: () => later });
    await rotateOnce(stage);
    stage.store.beginRotation("v2");
    await expect(stage.container()("retirePrevious")).rejects.toMatchObject({ code: "grace-not-over" });
    await expect(stage.container()("retirePrevious", "v0")).resolves.toBe("already-done");
    const kept = memoryRotation({ strategy, nowMs: () => later });
    await rotateOnce(kept);
    await expect(kept.container()("retirePrevious")).resolves.toBe("already-done");
    expect([stage.logsIn("AWSPREVIOUS"), kept.logsIn("AWSPREVIOUS")]).toEqual([true, true]);
  });
});

test("a single user's replaced password has stopped already", async () => {
  const later = Date.now() + 86_400_000;
  const stage = memoryRotation({ strategy: "single-user", tags: { "rekey:grace": "1h" }, nowMs: () => later });
  await rotateOnce(stage);
  await expect(stage.container()("retirePrevious")).resolves.toBe("already-done");
  expect(stage.publisher.events.map(({ type }) => type)).toEqual(["Secret Rotated"]);
});

test("changed at finishSecret: the current password works until then", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags: { "rekey:change-at": "finishSecret" } });
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  for (const step of ["createSecret", "setSecret", "testSecret"] as const) {
    await expect(invoke(step)).resolves.toBe("done");
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect(stage.engine.logins()).toBe(0);
  }
  await expect(invoke("finishSecret")).resolves.toBe("done");
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("v1");
  expect(stage.logsIn("AWSCURRENT")).toBe(true);
  expect([stage.engine.refusedLogins(), stage.engine.logins()]).toEqual([0, 2]);
});

test("changed at finishSecret and stopped by hand in the last moment: the version before it is put back at once", async () => {
  const stage = memoryRotation({ strategy: "single-user", tags: { "rekey:change-at": "finishSecret" } });
  stage.store.beginRotation("v1");
  const invoke = stage.container(async (operation, work) => {
    if (operation === "promote") stage.store.putByHand("hand", memoryValue("typed-by-hand"));
    return work();
  });
  for (const step of ["createSecret", "setSecret", "testSecret"] as const) await invoke(step);
  await expect(invoke("finishSecret")).rejects.toMatchObject({ code: "version-not-pending" });
  expect(stage.store.versionIdOf("AWSCURRENT")).toBe("hand");
  expect([stage.logsIn("AWSCURRENT"), stage.logsIn("AWSPREVIOUS")]).toEqual([false, true]);
});

describe("the admin in the middle of its own rotation", () => {
  test.each(["AWSPENDING", "AWSPREVIOUS"] as const)("is tried at %s once AWSCURRENT was refused", async (label) => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.store.others.set(memoryAdminId, {
      AWSCURRENT: memoryValue("stale", { username: "admin" }),
      [label]: memoryValue("admin-password", { username: "admin" }),
    });
    await rotateOnce(stage);
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect(stage.engine.refusedLogins()).toBe(1);
  });

  test("is refused when none of its versions logs in", async () => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.engine.give("admin", ["changed"]);
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "credential-refused" });
  });
});

describe("a password changed by hand in the database", () => {
  const owned = { username: "app", host: "db", port: 1 };
  const byAdmin = { fields: { masterarn: memoryAdminId } };

  test.each<StrategyName>(["single-user", "dual-password"])(
    "is not replaced by the admin for a user that nobody gave to the secret (%s)",
    async (strategy) => {
      const stage = memoryRotation({ strategy, ...byAdmin, grants: [{ ...owned, username: "other" }] });
      stage.engine.give("app", ["changed by hand"]);
      stage.store.beginRotation("v1");
      await stage.container()("createSecret");
      await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "credential-orphaned" });
      expect(stage.engine.accepts(app("changed by hand"))).toBe(true);
    },
  );

  test.each<StrategyName>(["single-user", "dual-password"])("is recovered by the admin (%s)", async (strategy) => {
    const stage = memoryRotation({ strategy, ...byAdmin, grants: [owned] });
    stage.engine.give("app", ["changed by hand"]);
    await rotateOnce(stage);
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
  });

  test("is recovered from AWSPREVIOUS by alternating users", async () => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    await rotateOnce(stage);
    stage.engine.give("app_clone", ["changed by hand"]);
    await rotateOnce(stage, "v2");
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
  });

  test("stays a refusal where none of the secret's own credentials proves that it holds the pair", async () => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.engine.give("app", ["changed by hand"]);
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "credential-refused" });
  });
});

test("dual passwords: a pending one that testSecret finds dead is taken away, the current one stays", async () => {
  const stage = memoryRotation({ strategy: "dual-password" });
  stage.store.beginRotation("v1");
  const invoke = stage.container();
  await invoke("createSecret");
  const pending = pendingOf(stage);
  await expect(invoke("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect(stage.store.versionIdOf("AWSPENDING")).toBeUndefined();
  expect([stage.engine.accepts(pending), stage.engine.accepts(app("old-password"))]).toEqual([false, true]);
});

test("an issued credential is not made where the secret could not hold it", async () => {
  const stage = memoryRotation({ strategy: "issued", fields: { note: "the password is old-password" } });
  stage.store.beginRotation("v1");
  const calls: string[] = [];
  const refused = { code: "secret-malformed", context: { field: "note" } };
  await expect(stage.container(recording(calls))("createSecret")).rejects.toMatchObject(refused);
  expect(calls).not.toContain("issue");
});

test("an issued credential is made once for a version, also when createSecret is repeated", async () => {
  const stage = memoryRotation({ strategy: "issued" });
  stage.store.beginRotation("v1");
  await expect(stage.container()("createSecret")).resolves.toBe("done");
  const first = pendingOf(stage).password;
  await expect(stage.container()("createSecret")).resolves.toBe("already-done");
  expect(pendingOf(stage).password.equals(first)).toBe(true);
});
