import { describe, expect, test, vi } from "vitest";
import { memoryAdminId, memoryRotation } from "../../testing/memory-rotation.ts";

describe("a refusal that holds for every password of the user", () => {
  test.each([
    ["expired", "credential-expired", "intervene"],
    ["login-not-allowed", "credential-refused", "abort"],
  ] as const)("%s is %s, and no other password is offered", async (refusal, code, disposition) => {
    const stage = memoryRotation({ strategy: "single-user", fields: { masterarn: memoryAdminId } });
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    const login = vi.spyOn(stage.engine, "login").mockResolvedValue({ ok: false, refusal });
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code,
      disposition,
      context: { user: "app", refusal },
    });
    expect(login).toHaveBeenCalledTimes(1);
    expect(stage.store.versionIdOf("AWSPENDING")).toBe("v1");
  });
});

describe("what only an admin may do", () => {
  test("needs a secret that names one", async () => {
    const stage = memoryRotation({ strategy: "alternating-users", fields: { masterarn: undefined } });
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "admin-secret-refused",
      context: { problem: "no admin secret" },
    });
  });

  test("needs an admin that logs in", async () => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.engine.give("admin", ["changed"]);
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({
      code: "credential-refused",
      context: { user: "(admin)" },
    });
  });
});
