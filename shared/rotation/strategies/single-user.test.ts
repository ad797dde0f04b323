import { describe, expect, test } from "vitest";
import { memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { recording } from "../../testing/gated.ts";

const orphaned = { code: "credential-orphaned", disposition: "intervene", context: { user: "app" } };

test("a setSecret that is repeated finds its own work done, and does it no second time", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  const calls: string[] = [];
  await expect(stage.container(recording(calls))("setSecret")).resolves.toBe("done");
  expect(calls).not.toContain("setPassword");
  expect(stage.logsIn("AWSPENDING")).toBe(true);
});

test("setSecret: when no stored version logs in, the error names the user", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.give("app", ["changed by hand"]);
  await expect(stage.container()("setSecret")).rejects.toMatchObject(orphaned);
});

test("testSecret: when no stored version logs in, the error names the user, and AWSPENDING stays for the human", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.give("app", ["changed by hand"]);
  await expect(stage.container()("testSecret")).rejects.toMatchObject(orphaned);
  expect(stage.store.versionIdOf("AWSPENDING")).toBe("v1");
});

test.each([
  ["AWSPREVIOUS", undefined, "old-password"],
  ["the admin", { masterarn: memoryAdminId }, "changed by hand"],
])(
  "testSecret rolls back by %s where neither version of the rotation logs in any more",
  async (_who, fields, inDatabase) => {
    const stage = memoryRotation({ strategy: "single-user" });
    stage.store.putByHand("v0b", memoryValue("new-password", fields));
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    stage.engine.give("app", [inDatabase]);
    await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect(stage.store.versionIdOf("AWSPENDING")).toBeUndefined();
  },
);

test("a restored password that does not log in calls a human", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
  stage.store.cancelRotation();
  const invoke = stage.container(async <Result>(operation: string, work: () => Promise<Result>) =>
    operation === "setPassword" ? (undefined as Result) : work(),
  );
  await expect(invoke("testSecret")).rejects.toMatchObject(orphaned);
});

describe("a user that may not change itself", () => {
  const restricted = (fields: object = { masterarn: memoryAdminId }) => {
    const stage = memoryRotation({ strategy: "single-user", fields });
    stage.engine.restricted.add("app");
    stage.store.beginRotation("v1");
    return stage;
  };
  const current = expect.objectContaining({ username: "app" }) as unknown;

  test("is changed by the secret's admin, which is told what the user's own session shows", async () => {
    const stage = restricted();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
      await stage.container()(step);
    }
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    const own = { passwordHash: "hash of app" };
    expect(stage.engine.changes).toEqual([{ by: "admin", username: "app", own, terms: { current, own } }]);
  });

  test("is told so where the secret has no admin", async () => {
    const stage = restricted({});
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "database-rights-missing" });
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
  });

  test("is put back by the admin, once AWSPENDING has logged in", async () => {
    const stage = restricted();
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    stage.store.cancelRotation();
    await expect(stage.container()("testSecret")).rejects.toMatchObject({ code: "rotation-disabled" });
    expect(stage.logsIn("AWSCURRENT")).toBe(true);
    expect(stage.engine.changes.map(({ by }) => by)).toEqual(["admin", "admin"]);
  });

  test("is changed by the admin also where only an earlier version logs in", async () => {
    const stage = restricted();
    stage.store.putByHand("v0b", memoryValue("mistyped", { masterarn: memoryAdminId }));
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    expect(stage.logsIn("AWSPENDING")).toBe(true);
    expect(stage.engine.changes).toEqual([expect.objectContaining({ by: "admin", username: "app" })]);
  });
});

test("a user's own session is told of its credential, and whether an admin could follow", async () => {
  for (const [fields, hasAdmin] of [
    [{}, false],
    [{ masterarn: memoryAdminId }, true],
  ] as const) {
    const stage = memoryRotation({ strategy: "single-user", fields });
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    const current = expect.objectContaining({ username: "app" }) as unknown;
    expect(stage.engine.changes).toEqual([
      { by: "app", username: "app", own: undefined, terms: { current, hasAdmin } },
    ]);
  }
});

test("another failure of the user's own session is not taken to the admin", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields: { masterarn: memoryAdminId } });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const invoke = stage.container(async (operation, work) => {
    if (operation === "setPassword") throw new RekeyError("database-locked");
    return work();
  });
  await expect(invoke("setSecret")).rejects.toMatchObject({ code: "database-locked" });
  expect(stage.engine.changes).toEqual([]);
});

test("an admin that lacks the right to put a password back is asked once", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.putByHand("v0b", memoryValue("new-password", { masterarn: memoryAdminId }));
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  stage.engine.give("app", ["changed by hand"]);
  const calls: string[] = [];
  const invoke = stage.container(async (operation, work) => {
    calls.push(operation);
    if (operation === "setPassword") throw new RekeyError("database-rights-missing");
    return work();
  });
  await expect(invoke("testSecret")).rejects.toMatchObject({ code: "database-rights-missing" });
  expect(calls.filter((operation) => operation === "setPassword")).toHaveLength(1);
});
