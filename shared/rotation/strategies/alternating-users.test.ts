import { describe, expect, test } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };
const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const nextUser = ({ store }: MemoryRotation) =>
  parseDatabaseSecret(store.labelled("AWSPENDING")?.value ?? memoryValue("")).username;

function begun(options: { fields?: object; tags?: Record<string, string> } = {}): MemoryRotation {
  const stage = memoryRotation({ strategy: "alternating-users", ...options });
  stage.store.beginRotation("v1");
  return stage;
}

describe("the pair", () => {
  test("is recorded by the first rotation, and taken from the record by the next", async () => {
    const stage = begun();
    for (const step of steps) await stage.container()(step);
    expect(parseDatabaseSecret(stage.store.labelled("AWSCURRENT")?.value ?? memoryValue(""))).toMatchObject({
      username: "app_clone",
      alternateUsers: ["app", "app_clone"],
    });
    stage.store.beginRotation("v2");
    await stage.container()("createSecret", "v2");
    expect(nextUser(stage)).toBe("app");
  });

  test("may be named by the secret's tag", async () => {
    const stage = begun({ tags: { "rekey:alternate-user": "app_b" } });
    await stage.container()("createSecret");
    expect(nextUser(stage)).toBe("app_b");
  });

  test("is refused when it does not hold the secret's user", async () => {
    const stage = begun({ fields: { alternateusers: ["one", "two"] } });
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "alternateusers", problem: "does not hold the user" },
    });
  });

  test("is refused when the tag names the secret's own user", async () => {
    const stage = begun({ tags: { "rekey:alternate-user": "app" } });
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "rekey:alternate-user", problem: "names the secret's own user" },
    });
  });

  test("has names that the server takes: 63 bytes here, and not one more", async () => {
    const longest = "ü".repeat(31);
    const stage = begun({ tags: { "rekey:alternate-user": `${longest}b` } });
    await expect(stage.container()("createSecret")).resolves.toBe("done");
    const tooLong = begun({ tags: { "rekey:alternate-user": `${longest}bb` } });
    await expect(tooLong.container()("createSecret")).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "rekey:alternate-user", maximumBytes: 63 },
      hint: expect.stringMatching(/too long; give a shorter one with the tag rekey:alternate-user/u),
    });
  });

  test("takes in an existing user only when a human named it", async () => {
    const named = begun({ tags: { "rekey:alternate-user": "app_b" } });
    named.engine.give("app_b", ["theirs"]);
    for (const step of steps) await named.container()(step);
    expect(named.logsIn("AWSCURRENT")).toBe(true);

    const unnamed = begun();
    unnamed.engine.give("app_clone", ["theirs"]);
    await unnamed.container()("createSecret");
    await expect(unnamed.container()("setSecret")).rejects.toMatchObject({ code: "user-collision" });
  });
});

test("AWSPENDING of another user than the idle one is refused before any contact", async () => {
  const stage = begun();
  const request = { step: "createSecret", secretId: stage.store.secretId, versionId: "v1" } as const;
  const value = memoryValue("whatever", { username: "root", masterarn: memoryAdminId });
  await stage.store.putPending(request, value, call);
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "pending-tampered",
    context: { field: "username" },
  });
  expect(stage.engine.logins()).toBe(0);
});

test("the current user that is refused is named, with its label", async () => {
  const stage = begun();
  await stage.container()("createSecret");
  stage.engine.give("app", ["changed by hand"]);
  await expect(stage.container()("setSecret")).rejects.toMatchObject({
    code: "credential-refused",
    context: { user: "app", label: "AWSCURRENT" },
  });
});

describe("testSecret finds the idle user's new password refused", () => {
  test("nothing is to be put back where the current user still logs in", async () => {
    const stage = begun();
    await stage.container()("createSecret");
    await expect(stage.container()("testSecret")).rejects.toMatchObject({
      code: "credential-refused",
      context: { user: "app_clone", rolledBack: true },
    });
    expect(stage.store.versionIdOf("AWSPENDING")).toBeUndefined();
  });

  test("and the current one's as well: a human is called, and AWSPENDING stays", async () => {
    const stage = begun();
    await stage.container()("createSecret");
    stage.engine.give("app", ["changed by hand"]);
    await expect(stage.container()("testSecret")).rejects.toMatchObject({
      code: "credential-orphaned",
      context: { user: "app" },
    });
    expect(stage.store.versionIdOf("AWSPENDING")).toBe("v1");
  });
});
