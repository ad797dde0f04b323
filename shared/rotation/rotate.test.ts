import { beforeEach, describe, expect, test } from "vitest";
import { parseDatabaseSecret } from "../secrets/database-secret.ts";
import { type MemoryRotation, memoryRotation, memorySecretId, memoryValue } from "../testing/memory-rotation.ts";
import type { RotationStep } from "../ports/rotation.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
const call = { signal: new AbortController().signal };

let stage: MemoryRotation;
let store: MemoryRotation["store"];
let engine: MemoryRotation["engine"];
let publisher: MemoryRotation["publisher"];
let container: MemoryRotation["container"];
let logsIn: MemoryRotation["logsIn"];

beforeEach(() => {
  stage = memoryRotation({ strategy: "single-user" });
  ({ store, engine, publisher, container, logsIn } = stage);
});

describe("a healthy rotation", () => {
  test("changes the password, promotes and publishes, without a refused login", async () => {
    store.beginRotation("v1");
    const invoke = container();
    for (const step of steps) await expect(invoke(step)).resolves.toBe("done");
    expect(store.versionIdOf("AWSCURRENT")).toBe("v1");
    expect(store.versionIdOf("AWSPREVIOUS")).toBe("v0");
    expect(logsIn("AWSCURRENT")).toBe(true);
    expect([engine.refusedLogins(), engine.logins()]).toEqual([0, 2]);
    expect(publisher.events).toEqual([
      expect.objectContaining({
        type: "Secret Rotated",
        versionId: "v1",
        previousVersionId: "v0",
        engine: "memory",
        strategy: "single-user",
      }),
    ]);
  });

  test("repeats as already done, and publishes again", async () => {
    store.beginRotation("v1");
    for (const step of steps) await container()(step);
    const after = store.labelled("AWSCURRENT");
    for (const step of steps) await expect(container()(step)).resolves.toBe("already-done");
    expect(store.labelled("AWSCURRENT")).toEqual(after);
    expect(publisher.events.map(({ type }) => type)).toEqual(["Secret Rotated", "Secret Rotated"]);
  });
});

test("the function's default tags hold for a secret that does not carry them", async () => {
  const lengths: (number | undefined)[] = [];
  for (const tags of [{}, { "rekey:password-length": "50" }]) {
    const defaultTags = new Map([["rekey:password-length", "40"]]);
    const stage = memoryRotation({ strategy: "single-user", tags, wiring: () => ({ defaultTags }) });
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    const { password } = parseDatabaseSecret(stage.store.labelled("AWSPENDING")?.value ?? memoryValue(""));
    lengths.push(password.reveal().length);
  }
  expect(lengths).toEqual([40, 50]);
});

describe("a step at the wrong time changes nothing", () => {
  test.each(["setSecret", "testSecret", "finishSecret"] as const)(
    "%s before createSecret is version-unknown",
    async (step) => {
      store.beginRotation("v1");
      await expect(container()(step)).rejects.toMatchObject({ code: "version-unknown" });
      expect(store.versionIdOf("AWSCURRENT")).toBe("v0");
      expect(logsIn("AWSCURRENT")).toBe(true);
    },
  );

  test("finishSecret before setSecret does not promote a credential that does not log in", async () => {
    store.beginRotation("v1");
    await container()("createSecret");
    await expect(container()("finishSecret")).rejects.toMatchObject({ code: "credential-refused" });
    expect(store.versionIdOf("AWSCURRENT")).toBe("v0");
    expect(logsIn("AWSCURRENT")).toBe(true);
    expect(store.versionIdOf("AWSPENDING")).toBeUndefined();
  });

  test.each(steps)("%s for an unknown token is version-unknown", async (step) => {
    await expect(container()(step, "nobody")).rejects.toMatchObject({ code: "version-unknown" });
  });

  test.each(steps)("%s for a cancelled rotation is rotation-disabled", async (step) => {
    store.beginRotation("v1");
    store.cancelRotation();
    await expect(container()(step)).rejects.toMatchObject({ code: "rotation-disabled" });
  });
});

describe("a rotation that cannot go on is undone", () => {
  test("a value put by hand after setSecret: the database is put back to the version before it, not to what nobody saw log in", async () => {
    store.beginRotation("v1");
    const invoke = container();
    await invoke("createSecret");
    await invoke("setSecret");
    store.putByHand("hand", memoryValue("typed-by-hand"));
    await expect(invoke("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
    expect(store.versionIdOf("AWSCURRENT")).toBe("hand");
    expect([logsIn("AWSCURRENT"), logsIn("AWSPREVIOUS")]).toEqual([false, true]);
  });

  test("a cancelled rotation after setSecret: the database is put back to AWSCURRENT", async () => {
    store.beginRotation("v1");
    const invoke = container();
    await invoke("createSecret");
    await invoke("setSecret");
    await invoke("testSecret");
    store.cancelRotation();
    await expect(invoke("finishSecret")).rejects.toMatchObject({ code: "rotation-disabled" });
    expect(logsIn("AWSCURRENT")).toBe(true);
  });

  test("a pending credential that testSecret finds dead: AWSPENDING is removed and the failure is published", async () => {
    store.beginRotation("v1");
    await container()("createSecret");
    await expect(container()("testSecret")).rejects.toMatchObject({ code: "credential-refused", disposition: "abort" });
    expect(store.versionIdOf("AWSPENDING")).toBeUndefined();
    expect(logsIn("AWSCURRENT")).toBe(true);
    expect(publisher.events).toEqual([
      expect.objectContaining({
        type: "Secret Rotation Failed",
        secretName: "app",
        step: "testSecret",
        code: "credential-refused",
      }),
    ]);
  });

  test("nothing stored logs in: a human is called, and AWSPENDING stays for them", async () => {
    store.beginRotation("v1");
    await container()("createSecret");
    engine.give("app", ["changed by nobody knows whom"]);
    await expect(container()("setSecret")).rejects.toMatchObject({
      code: "credential-orphaned",
      disposition: "intervene",
    });
    expect(store.versionIdOf("AWSPENDING")).toBe("v1");
    expect(engine.refusedLogins()).toBe(2);
  });

  test("a password changed back to AWSPREVIOUS is recovered", async () => {
    store.putByHand("v0b", memoryValue("new-password"));
    store.beginRotation("v1");
    const invoke = container();
    for (const step of steps) await invoke(step);
    expect(logsIn("AWSCURRENT")).toBe(true);
  });
});

test.each([
  ["host", { host: "evil" }],
  ["port", { port: 6543 }],
  ["dbname", { dbname: "other" }],
  ["engine", { engine: "other" }],
  ["username", { username: "root" }],
  ["masterArn", { masterarn: "arn:other" }],
  ["tlsMode", { ssl: false }],
])("AWSPENDING with another %s is refused before any contact", async (field, fields) => {
  store.beginRotation("v1");
  await store.putPending(
    { step: "createSecret", secretId: memorySecretId, versionId: "v1" },
    memoryValue("whatever", fields),
    call,
  );
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    await expect(container()(step)).rejects.toMatchObject({ code: "pending-tampered", context: { field } });
  }
  expect(engine.logins()).toBe(0);
});

test("the test that sets up a later rotation passes on a copy of the current value", async () => {
  store.beginRotation("copy");
  await store.putPending(
    { step: "createSecret", secretId: memorySecretId, versionId: "copy" },
    memoryValue("old-password"),
    call,
  );
  await expect(container()("testSecret", "copy")).resolves.toBe("done");
  expect(engine.refusedLogins()).toBe(0);
});
