import { expect, test } from "vitest";
import type { Mirror } from "../../ports/mirror.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
import { memorySecretId, memoryValue } from "../../testing/memory-rotation.ts";
import { type MemoryStore, memoryStore } from "../../testing/memory-store.ts";
import { mirrorCurrent } from "./mirror-current.ts";

const call = { signal: AbortSignal.timeout(5_000) };

function open() {
  const held: string[] = [];
  const withdrawn: string[] = [];
  const mirror: Mirror = {
    write: async ({ versionId }) => {
      const written = held.at(-1) !== versionId;
      if (written) held.push(versionId);
      return { revision: held.length, written };
    },
    withdraw: async ({ secretArn }) => ({ withdrawn: withdrawn.push(secretArn) === 1 }),
  };
  const store = memoryStore(memorySecretId, memoryValue("p"));
  return { store, mirror, withdrawn, publisher: memoryPublisher() };
}

/** The store as it is after so many more descriptions. */
function deletedDuring(store: MemoryStore, phases: readonly boolean[]): MemoryStore {
  let asked = 0;
  return {
    ...store,
    async describe(id, options) {
      const isDeleted = phases[Math.min(asked++, phases.length - 1)] === true;
      return { ...(await store.describe(id, options)), ...(isDeleted ? { deletedAt: new Date(0) } : {}) };
    },
  };
}

test("what was mirrored is told with its revision", async () => {
  const ports = open();
  await expect(mirrorCurrent(ports, memorySecretId, call)).resolves.toMatchObject({ outcome: "written", revision: 1 });
  expect(ports.publisher.events).toMatchObject([
    { type: "Secret Mirrored", secretArn: memorySecretId, versionId: "v0", revision: 1, written: true },
  ]);
});

test("a mirror that died before it could tell, tells when it is asked again", async () => {
  const ports = open();
  const publisher = { publish: async () => Promise.reject(new RekeyError("events-unavailable")) };
  await expect(mirrorCurrent({ ...ports, publisher }, memorySecretId, call)).rejects.toMatchObject({
    code: "events-unavailable",
  });
  await expect(mirrorCurrent(ports, memorySecretId, call)).resolves.toMatchObject({ outcome: "unchanged" });
  expect(ports.publisher.events).toMatchObject([{ type: "Secret Mirrored", versionId: "v0", written: false }]);
});

test("a secret that is gone is withdrawn by its ARN, and not told of", async () => {
  const ports = open();
  const gone = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/gone-AbCdEf";
  await expect(mirrorCurrent(ports, gone, call)).resolves.toEqual({ outcome: "withdrawn" });
  expect(ports.withdrawn).toEqual([gone]);
  expect(ports.publisher.events).toEqual([]);
});

test("of an ARN of another region, Secrets Manager's not finding it means nothing", async () => {
  const ports = { ...open(), region: "eu-west-1" };
  const elsewhere = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/alive-AbCdEf";
  await expect(mirrorCurrent(ports, elsewhere, call)).resolves.toEqual({ outcome: "none" });
  expect(ports.withdrawn).toEqual([]);
  await mirrorCurrent({ ...ports, region: "us-east-1" }, elsewhere, call);
  expect(ports.withdrawn).toEqual([elsewhere]);
});

test("a secret that is scheduled for deletion is withdrawn, and once", async () => {
  const ports = open();
  const store = deletedDuring(ports.store, [true]);
  await expect(mirrorCurrent({ ...ports, store }, memorySecretId, call)).resolves.toEqual({ outcome: "withdrawn" });
  await expect(mirrorCurrent({ ...ports, store }, memorySecretId, call)).resolves.toEqual({ outcome: "none" });
});

test.each([
  ["restored", [true, false], "written", 1],
  ["deleted", [false, true], "withdrawn", 1],
  ["deleted and restored", [false, true, false], "unchanged", 1],
] as const)("a secret that is %s meanwhile is looked at again", async (_what, phases, outcome, withdrawals) => {
  const ports = open();
  const store = deletedDuring(ports.store, phases);
  await expect(mirrorCurrent({ ...ports, store }, memorySecretId, call)).resolves.toMatchObject({ outcome });
  expect(ports.withdrawn).toHaveLength(withdrawals);
});

test("a secret that does not come to rest is mirror-conflict", async () => {
  const ports = open();
  const mirror = { ...ports.mirror, write: async () => ({ revision: 1, written: true }) };
  const store = deletedDuring(ports.store, [false, true, false, true]);
  await expect(mirrorCurrent({ ...ports, mirror, store }, memorySecretId, call)).rejects.toMatchObject({
    code: "mirror-conflict",
    context: { secret: memorySecretId, attempts: 3 },
  });
});

test("the tag rekey:mirror takes a secret out and brings it back", async () => {
  const ports = open();
  const outcomes = [];
  for (const tag of ["false", "true"]) {
    ports.store.tags.set("rekey:mirror", tag);
    outcomes.push((await mirrorCurrent(ports, memorySecretId, call)).outcome);
  }
  ports.store.tags.delete("rekey:mirror");
  outcomes.push((await mirrorCurrent(ports, memorySecretId, call)).outcome);
  expect(outcomes).toEqual(["withdrawn", "written", "unchanged"]);
});

test("another word in rekey:mirror is option-invalid, and changes nothing", async () => {
  const ports = open();
  ports.store.tags.set("rekey:mirror", "no");
  await expect(mirrorCurrent(ports, memorySecretId, call)).rejects.toMatchObject({
    code: "option-invalid",
    context: { secret: memorySecretId, option: "rekey:mirror" },
    hint: "use true or false",
  });
  expect(ports.withdrawn).toEqual([]);
});

test("what is current now is written, whatever the event said", async () => {
  const ports = open();
  const written: SecretValue[] = [];
  const mirror: Mirror = {
    ...ports.mirror,
    write: async ({ value }) => ({ revision: written.push(value), written: true }),
  };
  ports.store.putByHand("v1", memoryValue("second"));
  await expect(mirrorCurrent({ ...ports, mirror }, memorySecretId, call)).resolves.toMatchObject({ versionId: "v1" });
  expect(written[0]?.equals(memoryValue("second"))).toBe(true);
});

test("a mirror that cannot be written is passed on, so that the message comes again", async () => {
  const ports = open();
  const mirror: Mirror = { ...ports.mirror, write: async () => Promise.reject(new RekeyError("mirror-unavailable")) };
  await expect(mirrorCurrent({ ...ports, mirror }, memorySecretId, call)).rejects.toMatchObject({
    code: "mirror-unavailable",
  });
});

const clusterThat = (mirrors: boolean) => ({ name: "eu-1", mirrors: () => mirrors });

test("of several clusters, one passes over what belongs to another, and names itself where it mirrors", async () => {
  const ports = open();
  const elsewhere = { ...ports, cluster: clusterThat(false) };
  await expect(mirrorCurrent(elsewhere, memorySecretId, call)).resolves.toEqual({ outcome: "elsewhere" });
  expect([ports.publisher.events, ports.withdrawn]).toEqual([[], []]);
  await mirrorCurrent({ ...ports, cluster: clusterThat(true) }, memorySecretId, call);
  expect(ports.publisher.events).toMatchObject([{ type: "Secret Mirrored", cluster: "eu-1" }]);
});

test("what is gone for good has no tags to tell its cluster, so each withdraws it", async () => {
  const ports = { ...open(), cluster: clusterThat(false) };
  const gone = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/gone-AbCdEf";
  await expect(mirrorCurrent(ports, gone, call)).resolves.toEqual({ outcome: "withdrawn" });
});

/** The store, and how often it was asked for a description. */
function counted(store: MemoryStore) {
  const looks: string[] = [];
  const describe: MemoryStore["describe"] = async (id, options) => {
    looks.push(id);
    return store.describe(id, options);
  };
  return { looks, store: { ...store, describe } };
}

test("only after a change the secret is looked at again", async () => {
  const ports = open();
  const { looks, store } = counted(ports.store);
  const outcomes = [];
  for (const tag of ["true", "true", "false", "false"]) {
    store.tags.set("rekey:mirror", tag);
    const { outcome } = await mirrorCurrent({ ...ports, store }, memorySecretId, call);
    outcomes.push([outcome, looks.splice(0).length]);
  }
  expect(outcomes).toEqual([
    ["written", 2],
    ["unchanged", 1],
    ["withdrawn", 2],
    ["none", 1],
  ]);
});

test("a secret without a value has nothing to mirror", async () => {
  const ports = open();
  const store = { ...ports.store, read: async () => undefined };
  await expect(mirrorCurrent({ ...ports, store }, memorySecretId, call)).resolves.toEqual({ outcome: "none" });
  expect([ports.withdrawn, ports.publisher.events]).toEqual([[], []]);
});

test("a secret that goes away meanwhile, and that another region may have, leaves nothing more to do", async () => {
  const ports = { ...open(), region: "eu-west-1" };
  const { looks, store } = counted(ports.store);
  const describe: MemoryStore["describe"] = async (...asked) => {
    if (looks.length > 0) throw new RekeyError("secret-not-found");
    return store.describe(...asked);
  };
  const vanishing = { ...ports, store: { ...store, describe } };
  await expect(mirrorCurrent(vanishing, memorySecretId, call)).resolves.toEqual({ outcome: "none" });
});

test("a failure of Secrets Manager is passed on, and nothing is withdrawn", async () => {
  const ports = open();
  const failure = new RekeyError("store-throttled");
  const store = { ...ports.store, describe: async () => Promise.reject(failure) };
  await expect(mirrorCurrent({ ...ports, store }, memorySecretId, call)).rejects.toBe(failure);
  expect(ports.withdrawn).toEqual([]);
});
