import { expect, test } from "vitest";
import { memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";
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
