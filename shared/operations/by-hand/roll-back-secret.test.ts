import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { memoryEngine } from "../../testing/memory-engine.ts";
import { memorySecretId, memoryValue } from "../../testing/memory-rotation.ts";
import { memoryStore } from "../../testing/memory-store.ts";
import { memoryWiring } from "../../testing/memory-wiring.ts";
import { planRollback, type RollbackPorts, rollBackSecret } from "./roll-back-secret.ts";

const call = { signal: AbortSignal.timeout(5_000) };

/** A secret after a rotation, where what the server takes is said: both passwords, unless given. */
function stage(
  options: { readonly takes?: readonly string[]; readonly before?: object; readonly strategy?: string } = {},
) {
  const { takes = ["first", "second"], before = {}, strategy = "dual-password" } = options;
  const store = memoryStore(memorySecretId, memoryValue("first", before));
  store.putByHand("v1", memoryValue("second"));
  store.tags.set("rekey:strategy", strategy);
  const engine = memoryEngine();
  engine.give("app", takes);
  const done: unknown[] = [];
  const ports: RollbackPorts = {
    rotation: memoryWiring({ store, engine: { ...engine, names: ["memory", "memory-two"] } }),
    administration: {
      async tag(secretArn, tags) {
        done.push(["tag", secretArn, ...tags]);
      },
      async putLabelled(secretId, { versionId, value, label }) {
        done.push(["putLabelled", secretId, versionId, label]);
        const request = { step: "createSecret", secretId, versionId } as const;
        await store.putPending(request, value, call);
        await store.clearPending(request, call);
        await store.mark(request, label, call);
      },
    },
  };
  /** The same ports, with another description of the secret. */
  const describedAs = (changes: Partial<SecretDescription>): RollbackPorts => {
    const describe = async () => ({ ...(await store.describe(memorySecretId, call)), ...changes });
    return { ...ports, rotation: { ...ports.rotation, store: { ...store, describe } } };
  };
  return { store, engine, ports, done, describedAs };
}

const refused = (problem: string, hint?: string) => ({
  code: "rollback-refused",
  context: { secret: memorySecretId, problem },
  ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) as string }),
});

test("a plan says what comes back, and changes nothing", async () => {
  const { ports, done, store } = stage();
  const plan = await planRollback(ports, memorySecretId, call);
  expect(plan).toEqual({
    secretArn: memorySecretId,
    strategy: "dual-password",
    username: "app",
    currentVersionId: "v1",
    previousVersionId: "v0",
    previousCreatedAt: store.labelled("AWSPREVIOUS")?.createdAt,
    versionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  });
  expect([done, store.versionIdOf("AWSCURRENT")]).toEqual([[], "v1"]);
});

test("the former credential is current again in a version of its own, and the one left behind is AWSPREVIOUS", async () => {
  const { ports, done, store } = stage();
  const { versionId } = await rollBackSecret(ports, memorySecretId, { reason: "worse than before" }, call);
  expect(store.versionIdOf("AWSCURRENT")).toBe(versionId);
  expect(store.labelled("AWSCURRENT")?.value.equals(memoryValue("first"))).toBe(true);
  expect(store.versionIdOf("AWSPREVIOUS")).toBe("v1");
  expect(done).toEqual([
    ["tag", memorySecretId, ["rekey:rotation-reason", "worse than before"]],
    ["putLabelled", memorySecretId, versionId, "rekey-rollback"],
  ]);
});

test("the same rollback has the same VersionId, and one from other versions another", async () => {
  const one = await planRollback(stage().ports, memorySecretId, call);
  expect(await planRollback(stage().ports, memorySecretId, call)).toMatchObject({ versionId: one.versionId });
  const { ports, store } = stage();
  store.putByHand("v2", memoryValue("second"));
  expect((await planRollback(ports, memorySecretId, call)).versionId).not.toBe(one.versionId);
  store.putByHand("v1", memoryValue("second"));
  expect((await planRollback(ports, memorySecretId, call)).versionId).not.toBe(one.versionId);
});

test("the plan that was shown is done, and no other", async () => {
  const { ports, done } = stage();
  const { versionId } = await planRollback(ports, memorySecretId, call);
  await expect(rollBackSecret(ports, memorySecretId, { reason: "x", expects: "another" }, call)).rejects.toMatchObject(
    refused("the secret has changed since the plan was shown", "look at the new plan"),
  );
  expect(done).toEqual([]);
  await rollBackSecret(ports, memorySecretId, { expects: versionId }, call);
  expect(done).toEqual([["putLabelled", memorySecretId, versionId, "rekey-rollback"]]);
});

test("a reason that no tag can hold is option-invalid before anything is asked", async () => {
  const { ports, done, engine } = stage();
  await expect(rollBackSecret(ports, memorySecretId, { reason: "<b>" }, call)).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "reason" },
  });
  expect([done, engine.logins()]).toEqual([[], 0]);
});

test("a rollback is not rolled back", async () => {
  const { ports } = stage();
  await rollBackSecret(ports, memorySecretId, {}, call);
  await expect(planRollback(ports, memorySecretId, call)).rejects.toMatchObject(
    refused("AWSCURRENT is a rollback already"),
  );
});

test.each<[string, readonly (readonly [string, readonly string[]])[], object]>([
  ["no AWSPREVIOUS", [["v1", ["AWSCURRENT"]]], refused("there is no AWSPREVIOUS")],
  ["no AWSCURRENT", [["v0", ["AWSPREVIOUS"]]], refused("there is no AWSPREVIOUS")],
  [
    "a rotation under way",
    [
      ["v1", ["AWSCURRENT"]],
      ["v0", ["AWSPREVIOUS"]],
      ["v2", ["AWSPENDING"]],
    ],
    { code: "rotation-under-way", context: { secret: memorySecretId, version: "v2" } },
  ],
])("a secret with %s is refused, and no server is asked", async (_what, labels, error) => {
  const { describedAs, engine } = stage();
  const ports = describedAs({ labels: new Map(labels) });
  await expect(planRollback(ports, memorySecretId, call)).rejects.toMatchObject(error);
  expect(engine.logins()).toBe(0);
});

test("AWSPENDING that a rotation left on its own version is no rotation under way", async () => {
  const { describedAs } = stage();
  const labels = new Map([
    ["v1", ["AWSCURRENT", "AWSPENDING"]],
    ["v0", ["AWSPREVIOUS"]],
  ]);
  expect(await planRollback(describedAs({ labels }), memorySecretId, call)).toMatchObject({ previousVersionId: "v0" });
});

test("what an AWS service or a partner rotates is not rolled back", async () => {
  const { describedAs, engine } = stage();
  await expect(planRollback(describedAs({ managedBy: "rds" }), memorySecretId, call)).rejects.toMatchObject({
    code: "rotated-elsewhere",
    context: { secret: memorySecretId, managedBy: "rds" },
  });
  expect(engine.logins()).toBe(0);
});

test.each(["AWSCURRENT", "AWSPREVIOUS"] as const)("%s that was moved since the look is refused", async (label) => {
  const { ports, store } = stage();
  const read: typeof store.read = async (id, at, options) =>
    at.label === label ? undefined : store.read(id, at, options);
  const moved = { ...ports, rotation: { ...ports.rotation, store: { ...store, read } } };
  const problem = `${label} has no value, or has just been moved`;
  await expect(planRollback(moved, memorySecretId, call)).rejects.toMatchObject(refused(problem));
});

test("each version is read under its label and its id, so that one that was moved is not taken for it", async () => {
  const { ports, store } = stage();
  const asked: unknown[] = [];
  const read: typeof store.read = async (id, at, options) => {
    asked.push(at);
    return store.read(id, at, options);
  };
  await planRollback({ ...ports, rotation: { ...ports.rotation, store: { ...store, read } } }, memorySecretId, call);
  expect(asked).toEqual([
    { label: "AWSCURRENT", versionId: "v1" },
    { label: "AWSPREVIOUS", versionId: "v0" },
  ]);
});

test.each([
  ["engine", { engine: "memory-two" }],
  ["host", { host: "other" }],
  ["port", { port: 7 }],
  ["dbname", { dbname: "other" }],
  ["authSource", { authSource: "other" }],
])("a former credential of another %s is refused before it is offered anywhere", async (field, before) => {
  const { ports, engine } = stage({ before });
  const problem = `AWSPREVIOUS has another ${field}`;
  await expect(planRollback(ports, memorySecretId, call)).rejects.toMatchObject(refused(problem));
  expect(engine.logins()).toBe(0);
});

test.each([
  ["single-user", "a single user's password was replaced"],
  ["dual-password", "its credential was retired or changed"],
])("with %s, a former credential that does not log in is refused with what to do", async (strategy, hint) => {
  const { ports } = stage({ takes: ["second"], strategy });
  await expect(planRollback(ports, memorySecretId, call)).rejects.toMatchObject(
    refused("AWSPREVIOUS does not log in", hint),
  );
});

test.each(["credential-refused", "credential-expired"] as const)(
  "a login that ends in %s is one that does not log in; another failure is passed on",
  async (code) => {
    const { ports, engine } = stage();
    const failing = (failure: RekeyError): RollbackPorts => {
      const login = async () => {
        throw failure;
      };
      return { ...ports, rotation: { ...ports.rotation, engine: { ...engine, login } } };
    };
    await expect(planRollback(failing(new RekeyError(code)), memorySecretId, call)).rejects.toMatchObject(
      refused("AWSPREVIOUS does not log in"),
    );
    await expect(
      planRollback(failing(new RekeyError("database-unreachable")), memorySecretId, call),
    ).rejects.toMatchObject({ code: "database-unreachable" });
  },
);
