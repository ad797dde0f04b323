import { expect, test } from "vitest";
import { concealedChange, revealedChange } from "../../cli/isolation/messages.ts";
import { doctor } from "../../shared/operations/doctor/doctor.ts";
import type { DatabaseEngine, PlannedChange } from "../../shared/ports/database-engine.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import type { StrategyName } from "../../shared/rotation/rotation-policy.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import type { MemoryEngine } from "../../shared/testing/memory-engine.ts";
import { memoryAdminId, memoryRotation, memorySecretId, memoryValue } from "../../shared/testing/memory-rotation.ts";

const call = { signal: new AbortController().signal };
const strategiesOf = (engine: DatabaseEngine) => {
  const memory = engine as MemoryEngine;
  return {
    "single-user": singleUser(memory),
    "alternating-users": alternatingUsers(memory),
    "dual-password": dualPassword(memory),
  };
};

function stageOf(strategy: StrategyName) {
  const stage = memoryRotation({ strategy, fields: { masterarn: memoryAdminId } });
  const { store, engine, publisher } = stage;
  const rotation = {
    store,
    engine,
    publisher,
    strategies: strategiesOf(engine),
    strategiesOf,
    defaultStrategy: "single-user",
    grants: grantsOf({ admins: { [memoryAdminId]: [{ host: "db", port: 1 }] } }),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  } as const;
  const errors = async () => {
    const findings = await doctor({ rotation }, memorySecretId, call);
    return findings.filter(({ severity }) => severity === "error").map(({ code, detail }) => ({ code, ...detail }));
  };
  return { ...stage, rotation, errors };
}

test.each([
  ["single-user", "app", "setPassword"],
  ["alternating-users", "admin", "syncPair"],
  ["dual-password", "admin", "keepBoth"],
] as const)(
  "%s: setSecret's change is rehearsed on the session of %s, and nothing stays",
  async (strategy, by, method) => {
    const { engine, errors } = stageOf(strategy);
    expect(await errors()).toEqual([]);
    expect(engine.rehearsals.map(({ by: who, change }) => [who, change.method])).toEqual([[by, method]]);
    expect(engine.changes).toEqual([]);
    expect(engine.accepts({ username: "app", password: new SecretValue("old-password") })).toBe(true);
    expect(engine.refusedLogins()).toBe(0);
  },
);

test("what the rehearsed change would end in is found, with the host", async () => {
  const { engine, errors } = stageOf("alternating-users");
  engine.give("app_clone", ["somebody else's"]);
  expect(await errors()).toEqual([{ code: "user-collision", first: "app", alternate: "app_clone", host: "db" }]);
});

test("a user that may not change itself is no finding where the admin can", async () => {
  const { engine, errors } = stageOf("single-user");
  engine.restricted.add("app");
  expect(await errors()).toEqual([]);
  expect(engine.rehearsals.map(({ by }) => by)).toEqual(["admin"]);
});

test("where AWSCURRENT does not log in nothing is rehearsed, and no invented password is offered", async () => {
  const { engine, store, errors } = stageOf("single-user");
  store.putByHand("hand", memoryValue("mistyped", { masterarn: memoryAdminId }));
  expect((await errors()).map(({ code }) => code)).toEqual(["credential-refused"]);
  expect([engine.rehearsals, engine.refusedLogins()]).toEqual([[], 1]);
});

test("a change crosses to a login process with its passwords, and is one again there", () => {
  const credential = { username: "app", password: new SecretValue("canary") };
  const changes: readonly PlannedChange[] = [
    { method: "setPassword", credential, terms: { current: credential, own: { passwordHash: "h" }, hasAdmin: true } },
    { method: "keepBoth", current: credential, next: { ...credential, authSource: "password" } },
    { method: "syncPair", pair: { first: "app", alternate: "b", isGranted: false, own: {} }, next: credential },
  ];
  for (const change of changes) {
    const crossed = concealedChange(structuredClone(revealedChange(change)));
    expect(crossed).toEqual(change);
    expect(revealedChange(crossed)).toEqual(revealedChange(change));
    expect(JSON.stringify(crossed)).not.toContain("canary");
    expect(JSON.stringify(revealedChange(change))).toContain("canary");
  }
});
