import { describe, expect, test, vi } from "vitest";
import { memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";
import { codes } from "../../errors/codes.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { orphaned, ownAccount } from "./open-session.ts";

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

test.each(["single-user", "dual-password", "alternating-users"] as const)(
  "%s closes each session that it opened, that of an earlier version too",
  async (strategy) => {
    const masterarn = strategy === "single-user" ? undefined : memoryAdminId;
    const stage = memoryRotation({ strategy, fields: { masterarn } });
    stage.store.putByHand("hand", memoryValue("mistyped", { masterarn }));
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    const { login } = stage.engine;
    let open = 0;
    let most = 0;
    vi.spyOn(stage.engine, "login").mockImplementation(async (...asked) => {
      const answer = await login(...asked);
      if (!answer.ok) return answer;
      most = Math.max(most, ++open);
      const close = async (): Promise<void> => void open--;
      return { ok: true, session: { ...answer.session, [Symbol.asyncDispose]: close } };
    });
    await expect(stage.container()("setSecret")).resolves.toBe("done");
    expect([open, most > 0]).toEqual([0, true]);
  },
);

test("an engine whose sessions tell nothing of their account: nothing is told", async () => {
  const { signal } = new AbortController();
  await expect(ownAccount({}, { signal })).resolves.toEqual({});
});

test("a server's own explanation of a refusal is the error's hint; without one it is the code's", async () => {
  const stage = memoryRotation({ strategy: "single-user" });
  stage.store.beginRotation("v1");
  await stage.container()("createSecret");
  const login = vi.spyOn(stage.engine, "login");
  login.mockResolvedValueOnce({ ok: false, refusal: "login-not-allowed", hint: "ask the owner" });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ hint: "ask the owner" });
  login.mockResolvedValueOnce({ ok: false, refusal: "login-not-allowed" });
  await expect(stage.container()("setSecret")).rejects.toMatchObject({ hint: codes["credential-refused"].hint });
});

test("an orphaned credential's hint names what else the server refuses in the same way", () => {
  const usual = codes["credential-orphaned"].hint;
  const credential = { username: "app", password: new SecretValue("x") };
  expect(orphaned(credential, {}).hint).toBe(usual);
  expect(orphaned(credential, { refusedAlike: "a cat" }).hint).toBe(
    `${usual}; the server refuses in the same way a cat`,
  );
});
