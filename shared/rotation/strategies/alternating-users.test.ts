import { describe, expect, test } from "vitest";
import type { RotationStep } from "../../ports/rotation.ts";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type MemoryRotation, memoryAdminId, memoryRotation, memoryValue } from "../../testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };
const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const nextUser = ({ store }: MemoryRotation) =>
  parseDatabaseSecret(store.labelled("AWSPENDING")?.value ?? memoryValue("")).username;

function begun(options: Partial<Parameters<typeof memoryRotation>[0]> = {}): MemoryRotation {
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

  test("takes in an existing user only when the function's owner granted it", async () => {
    const tags = { "rekey:alternate-user": "app_b" };
    const granted = begun({ tags, grants: [{ username: "app_b", host: "DB", port: 1 }] });
    granted.engine.give("app_b", ["theirs"]);
    for (const step of steps) await granted.container()(step);
    expect(granted.logsIn("AWSCURRENT")).toBe(true);
  });

  test.each([
    ["the tag alone", []],
    ["a grant for another user", [{ username: "app_c", host: "db", port: 1 }]],
    ["a grant on another host", [{ username: "app_b", host: "db2", port: 1 }]],
    ["a grant on another port", [{ username: "app_b", host: "db", port: 2 }]],
  ])("is not taken in by %s", async (_what, grants) => {
    const stage = begun({ tags: { "rekey:alternate-user": "app_b" }, grants });
    stage.engine.give("app_b", ["theirs"]);
    await stage.container()("createSecret");
    await expect(stage.container()("setSecret")).rejects.toMatchObject({ code: "user-collision" });
    expect(stage.engine.accepts({ username: "app_b", password: new SecretValue("theirs") })).toBe(true);
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

describe("retiring the replaced user", () => {
  async function rotated(): Promise<MemoryRotation> {
    const stage = begun({ tags: { "rekey:grace": "1h" } });
    for (const step of steps) await stage.container()(step);
    return stage;
  }
  const withPair = (pair: readonly string[], password: string) =>
    memoryValue(password, { username: "app_clone", alternateusers: pair, masterarn: memoryAdminId });

  test("is refused for a pair that rekey did not make, whatever the secret says", async () => {
    const stage = await rotated();
    stage.engine.give("victim", ["theirs"]);
    const { password } = parseDatabaseSecret(stage.store.labelled("AWSCURRENT")?.value ?? memoryValue(""));
    stage.store.putByHand("hand", withPair(["app_clone", "victim"], password.reveal()));
    await expect(stage.container()("retirePrevious", "hand", true)).rejects.toMatchObject({ code: "user-collision" });
    expect(stage.engine.accepts({ username: "victim", password: new SecretValue("theirs") })).toBe(true);
  });

  test("needs AWSCURRENT to log in", async () => {
    const stage = await rotated();
    stage.store.putByHand("hand", withPair(["app", "app_clone"], "invented"));
    await expect(stage.container()("retirePrevious", "hand", true)).rejects.toMatchObject({
      code: "credential-orphaned",
      context: { user: "app_clone" },
    });
    expect(stage.engine.accepts({ username: "app", password: new SecretValue("old-password") })).toBe(true);
  });
});

describe("the admin is told what the current user's session shows of its account", () => {
  const own = { passwordHash: "hash of app" };
  async function changed(...steps: readonly RotationStep[]) {
    const stage = memoryRotation({ strategy: "alternating-users", tags: { "rekey:grace": "0m" } });
    stage.store.beginRotation("v1");
    for (const step of steps) await stage.container()(step);
    return stage;
  }

  test("when the pair is brought in step", async () => {
    const { engine } = await changed("createSecret", "setSecret");
    expect(engine.changes).toEqual([{ by: "admin", username: "app_clone", terms: undefined, own }]);
  });

  test("when only an earlier version logs in", async () => {
    const stage = memoryRotation({ strategy: "alternating-users" });
    stage.store.putByHand("v0b", memoryValue("mistyped", { masterarn: memoryAdminId }));
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    expect(stage.engine.changes).toEqual([{ by: "admin", username: "app_clone", terms: undefined, own }]);
  });

  test("when the replaced credential is retired", async () => {
    const stage = await changed("createSecret", "setSecret", "testSecret", "finishSecret");
    await stage.container()("retirePrevious", "v1", true);
    expect(stage.engine.changes.at(-1)).toEqual({
      by: "admin",
      username: "app",
      terms: undefined,
      own: { passwordHash: "hash of app_clone" },
    });
  });
});
