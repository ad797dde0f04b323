import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { generatePassword } from "../secrets/password.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { parseDatabaseSecret } from "../secrets/database-secret.ts";
import { type Gate, gated } from "../testing/gated.ts";
import { type MemoryEngine, memoryEngine } from "../testing/memory-engine.ts";
import { type MemoryPublisher, memoryPublisher } from "../testing/memory-publisher.ts";
import { type MemoryStore, memoryStore } from "../testing/memory-store.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { RotationStep, StepOutcome } from "./ports.ts";
import { rotate } from "./rotate.ts";
import { rotationMemory } from "./rotation-memory.ts";
import { singleUser } from "./strategies/single-user.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const value = (password: string, fields: object = {}): SecretValue =>
  new SecretValue(JSON.stringify({ engine: "memory", host: "db", username: "app", password, ...fields }));

let store: MemoryStore;
let engine: MemoryEngine;
let publisher: MemoryPublisher;

beforeEach(() => {
  store = memoryStore(secretId, value("old-password"));
  engine = memoryEngine();
  engine.users.set("app", new SecretValue("old-password"));
  publisher = memoryPublisher();
});

const call = { signal: new AbortController().signal };

/** A container: its own memory, its calls behind the gate. */
function container(gate: Gate = async (_operation, work) => work()) {
  const gatedEngine = gated(engine, gate);
  const deps: RotationDependencies = {
    store: gated(store, gate),
    publisher: gated(publisher, gate),
    engine: gatedEngine,
    strategies: { "single-user": singleUser(gatedEngine) },
    adminSecretArns: [],
    generatePassword,
    memory: rotationMemory(),
    report: () => undefined,
  };
  return async (step: RotationStep, versionId = "v1"): Promise<StepOutcome> =>
    rotate(deps, { step, secretId, versionId }, { work: call, tell: call });
}

const logsIn = (label: string): boolean => {
  const version = store.labelled(label);
  return version !== undefined && engine.accepts(parseDatabaseSecret(version.value));
};

describe("a healthy rotation", () => {
  test("changes the password, promotes and publishes, without a refused login", async () => {
    store.beginRotation("v1");
    const invoke = container();
    for (const step of steps) await expect(invoke(step)).resolves.toBe("done");
    expect(store.versionIdOf("AWSCURRENT")).toBe("v1");
    expect(store.versionIdOf("AWSPREVIOUS")).toBe("v0");
    expect(logsIn("AWSCURRENT")).toBe(true);
    expect(engine).toMatchObject({ users: new Map([["app", expect.anything()]]) });
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
  test("a value put by hand after setSecret: the database is put back to AWSCURRENT", async () => {
    store.beginRotation("v1");
    const invoke = container();
    await invoke("createSecret");
    await invoke("setSecret");
    store.putByHand("hand", value("typed-by-hand"));
    await expect(invoke("testSecret")).rejects.toMatchObject({ code: "version-not-pending" });
    expect(store.versionIdOf("AWSCURRENT")).toBe("hand");
    expect(logsIn("AWSCURRENT")).toBe(true);
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
    engine.users.set("app", new SecretValue("changed by nobody knows whom"));
    await expect(container()("setSecret")).rejects.toMatchObject({
      code: "credential-orphaned",
      disposition: "intervene",
    });
    expect(store.versionIdOf("AWSPENDING")).toBe("v1");
    expect(engine.refusedLogins()).toBe(2);
  });

  test("a password changed back to AWSPREVIOUS is recovered", async () => {
    store.putByHand("v0b", value("new-password"));
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
  await store.putPending({ step: "createSecret", secretId, versionId: "v1" }, value("whatever", fields), call);
  for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    await expect(container()(step)).rejects.toMatchObject({ code: "pending-tampered", context: { field } });
  }
  expect(engine.logins()).toBe(0);
});

test("the test that sets up a later rotation passes on a copy of the current value", async () => {
  store.beginRotation("copy");
  await store.putPending({ step: "createSecret", secretId, versionId: "copy" }, value("old-password"), call);
  await expect(container()("testSecret", "copy")).resolves.toBe("done");
  expect(engine.refusedLogins()).toBe(0);
});

describe("killed anywhere, repeated and run at once", () => {
  const lockedOut: string[] = [];
  const fresh = async (): Promise<void> => {
    store = memoryStore(secretId, value("old-password"));
    engine = memoryEngine();
    engine.users.set("app", new SecretValue("old-password"));
    publisher = memoryPublisher();
    store.beginRotation("v1");
    lockedOut.length = 0;
  };
  /** A container that dies at its k-th call, before or after that call took effect; every other call is watched. */
  const mortal = (killAt: number | undefined, after: boolean, schedule: (name: string) => Promise<void>) => {
    let calls = 0;
    let dead = false;
    return container(async (operation, work) => {
      if (dead) throw new Error("dead");
      await schedule(operation);
      const dies = calls++ === killAt;
      if (dies) dead = true;
      if (dies && !after) throw new Error("killed before");
      const result = await work();
      if (!store.stored().some((version) => engine.accepts(parseDatabaseSecret(version.value))))
        lockedOut.push(operation);
      if (dies) throw new Error("killed after");
      return result;
    });
  };
  const settles = async (): Promise<void> => {
    expect(lockedOut).toEqual([]);
    if (store.versionIdOf("AWSPENDING") === undefined) store.beginRotation("v2");
    const versionId = store.versionIdOf("AWSPENDING") ?? "v2";
    for (const step of steps) await container()(step, versionId);
    expect(logsIn("AWSCURRENT")).toBe(true);
    expect(store.versionIdOf("AWSCURRENT")).toBe(versionId);
    expect(publisher.events).toContainEqual(expect.objectContaining({ type: "Secret Rotated", versionId }));
  };
  const death = fc.record({ killAt: fc.option(fc.nat(12), { nil: undefined }), after: fc.boolean() });

  test("steps in any order, one after the other", async () => {
    const invocation = fc.tuple(fc.constantFrom(...steps), death);
    await fc.assert(
      fc.asyncProperty(fc.array(invocation, { maxLength: 10 }), async (invocations) => {
        await fresh();
        for (const [step, { killAt, after }] of invocations) {
          await mortal(killAt, after, async () => undefined)(step).catch(() => undefined);
        }
        await settles();
      }),
      { numRuns: 1_000 },
    );
  });

  test("each step several times at once, the stragglers running on into the next steps", async () => {
    const twins = fc.array(death, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.tuple(twins, twins, twins, twins), async (scheduler, protocol) => {
        await fresh();
        const all: Promise<unknown>[] = [];
        const drive = async (): Promise<void> => {
          for (const [index, deaths] of protocol.entries()) {
            const step = steps[index] ?? "finishSecret";
            const schedule = async (name: string): Promise<void> =>
              scheduler.schedule(Promise.resolve(), `${step} ${name}`);
            const running = [...deaths, { killAt: undefined, after: false }].map(async ({ killAt, after }) =>
              mortal(killAt, after, schedule)(step),
            );
            all.push(...running.map(async (one) => one.catch(() => undefined)));
            await Promise.any(running);
          }
        };
        await scheduler.waitFor(drive());
        await scheduler.waitFor(Promise.all(all));
        await settles();
      }),
      { numRuns: 500 },
    );
  });
});
