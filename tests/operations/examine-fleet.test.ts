import { afterAll, beforeAll, expect, test } from "vitest";
import type { Account, DeadLetters } from "../../shared/ports/account.ts";
import type { MirrorProbe } from "../../shared/ports/mirror.ts";
import { examineFleet, type Examination, type ExaminationPorts } from "../../shared/operations/doctor/examine-fleet.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { adminArn, type OperationsStage, startOperationsStage } from "./stage.ts";

let stage: OperationsStage;
const call = { signal: new AbortController().signal };
beforeAll(async () => {
  stage = await startOperationsStage();
});
afterAll(async () => stage.postgres.stop());

type Made = Awaited<ReturnType<OperationsStage["secret"]>>;
const unseen: Account = {
  rotationFunction: async () => undefined,
  deniedActions: async () => undefined,
  rotatedSecrets: async () => undefined,
};

/** The secrets as a listing shows them, each composed with the memory store that has it. */
function fleetOf(secrets: readonly Made[], more: Partial<ExaminationPorts> = {}): ExaminationPorts {
  const made = (secretArn: string): Made => {
    const found = secrets.find((one) => one.secretArn === secretArn);
    if (found === undefined) throw new RekeyError("secret-not-found", { context: { secret: secretArn } });
    return found;
  };
  return {
    nowMs: Date.now,
    account: unseen,
    stack: "rekey",
    store: {
      describe: async (secretId, one) => made(secretId).deps.store.describe(secretId, one),
      read: async (secretId, selector, one) => made(secretId).deps.store.read(secretId, selector, one),
    },
    listing: {
      page: async () => ({
        secrets: await Promise.all(
          secrets.map(async ({ username, secretArn, deps }) => ({
            ...(await deps.store.describe(secretArn, call)),
            name: username,
            rotationFunctionArn: "arn:function",
          })),
        ),
      }),
    },
    rotationFor: async (secretArn) => made(secretArn).deps,
    ...more,
  };
}

const text = (examination: Examination): string => {
  expect(JSON.stringify(examination)).not.toContain("-canary");
  const { findings } = examination;
  const name = examination.of === "set-up" ? "set-up" : examination.name;
  return [name, ...findings.map(({ code }) => code).filter((code) => code !== "tls-not-verified")].join(" ");
};

async function examined(ports: ExaminationPorts): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const one of examineFleet(ports, {}, call)) told.push(text(one));
  return told.toSorted();
}

const secrets = async (...usernames: readonly string[]): Promise<readonly Made[]> =>
  Promise.all(usernames.map(async (username) => stage.secret({ username })));

test("what fails for one secret is its finding, and the others are examined; one marked for deletion is passed over", async () => {
  const down = await stage.secret({ username: "down", fields: { port: 1 } });
  const [well, unknown, faulty, deleted] = await secrets("well", "unknown", "faulty", "deleted");
  const all = [well, down, unknown, faulty].filter((one) => one !== undefined);
  const ports = fleetOf(all);
  const { page } = ports.listing;
  const told = await examined({
    ...ports,
    listing: {
      async page(...words) {
        const listed = (await page(...words)).secrets;
        const gone = listed.map((one) => ({ ...one, secretArn: deleted?.secretArn ?? "", deletedAt: new Date() }));
        return { secrets: [...gone.slice(0, 1), ...listed] };
      },
    },
    async rotationFor(secretArn, one) {
      if (secretArn === unknown?.secretArn) throw new RekeyError("engine-unsupported");
      if (secretArn === faulty?.secretArn) throw new TypeError("faulty-canary");
      return ports.rotationFor(secretArn, one);
    },
  });
  expect(told).toEqual(["down database-unreachable", "faulty internal-fault", "unknown engine-unsupported", "well"]);
});

test("what the caller may not see of a function and its role is the set-up's, told once for each", async () => {
  const made = await secrets("seen_a", "seen_b");
  for (const { deps } of made) {
    const describeSecret = deps.store.describe;
    deps.store.describe = async (id, one) => ({
      ...(await describeSecret(id, one)),
      rotationFunctionArn: "arn:function",
    });
  }
  expect(await examined(fleetOf(made))).toEqual(["seen_a", "seen_b", "set-up function-cannot-be-seen"]);
  const rotationFunction = async () => ({ timeoutMs: 30_000, roleArn: "arn:role", environment: new Map() });
  const account = { ...unseen, rotationFunction };
  expect(await examined(fleetOf(made, { account }))).toEqual(["seen_a", "seen_b", "set-up iam-cannot-be-seen"]);
});

test("dead letters are the set-up's, and so is that they cannot be seen", async () => {
  const made = await secrets("letters");
  const found = async (deadLetters: DeadLetters) => examined(fleetOf(made, { deadLetters }));
  expect(await found(async () => [])).toEqual(["letters"]);
  expect(await found(async () => [{ queueArn: "arn:q", messages: 2 }])).toEqual([
    "letters",
    "set-up dead-letters-waiting",
  ]);
  expect(await found(async () => undefined)).toEqual(["letters", "set-up queues-cannot-be-seen"]);
});

test("an account that runs only a few functions at once is the set-up's, and so is that it cannot be seen", async () => {
  const made = await secrets("concurrency");
  const found = async (unreserved: number | undefined) =>
    examined(fleetOf(made, { concurrency: async () => unreserved }));
  expect(await found(38)).toEqual(["concurrency"]);
  expect(await found(37)).toEqual(["concurrency", "set-up concurrency-low"]);
  expect(await found(undefined)).toEqual(["concurrency", "set-up concurrency-cannot-be-seen"]);
});

test("a mirror that cannot be reached is the set-up's, and no secret asks it again; one that can be is asked for each", async () => {
  const made = await secrets("mirror_a", "mirror_b");
  const asked: string[] = [];
  const mirror: MirrorProbe = {
    logIn: async () => void asked.push("login"),
    async probe({ secretName }) {
      asked.push(secretName);
      return { path: "secret/data/x", mayWrite: false };
    },
  };
  const denied = ["mirror_a mirror-path-denied", "mirror_b mirror-path-denied"];
  expect(await examined(fleetOf(made, { mirror }))).toEqual(denied);
  expect(asked).toHaveLength(3);
  asked.length = 0;
  const gone = {
    ...mirror,
    async logIn() {
      throw new RekeyError("mirror-unavailable");
    },
  };
  expect(await examined(fleetOf(made, { mirror: gone }))).toEqual([
    "mirror_a",
    "mirror_b",
    "set-up mirror-unavailable",
  ]);
  expect(asked).toEqual([]);
});

test("two secrets of one user are found without a right to list, and both are named with it", async () => {
  const [first] = await secrets("twice");
  if (first === undefined) throw new Error("not made");
  const second = { ...first, secretArn: `${first.secretArn}-2`, username: "twice_2" };
  const store = { ...first.deps.store };
  const describeFirst = first.deps.store.describe;
  first.deps.store.describe = async (id, one) => ({
    ...(await describeFirst(id, one)),
    rotationFunctionArn: "arn:function",
  });
  store.describe = async (_id, one) => ({
    ...(await describeFirst(first.secretArn, one)),
    secretArn: second.secretArn,
    rotationFunctionArn: "arn:function",
  });
  store.read = async (_id, selector, one) => first.deps.store.read(first.secretArn, selector, one);
  second.deps = { ...first.deps, store };
  const made = [first, second];
  expect((await examined(fleetOf(made))).filter((one) => one.includes("user-shared"))).toHaveLength(1);
  const functionArn = "arn:function";
  const account = {
    ...unseen,
    rotatedSecrets: async () => made.map(({ secretArn }) => ({ secretArn, functionArn })),
  };
  const read: ExaminationPorts["store"]["read"] = async (_id, selector, one) =>
    first.deps.store.read(first.secretArn, selector, one);
  const { describe } = first.deps.store;
  expect(await examined(fleetOf(made, { account, store: { describe, read } }))).toEqual([
    "set-up function-cannot-be-seen",
    "twice user-shared",
    "twice_2 user-shared",
  ]);
});

test("an admin's refused password is offered once for all the secrets that it serves", async () => {
  const offered: string[] = [];
  const wrong = stage.secretJson("postgres", { password: "wrong" });
  const made = await Promise.all(
    ["admin_a", "admin_b", "admin_c"].map(async (username) => {
      const one = await stage.secret({ username, fields: { masterarn: adminArn } });
      one.store.others.set(adminArn, { AWSCURRENT: wrong });
      return one;
    }),
  );
  const engine: typeof stage.engine = {
    ...stage.engine,
    async login(target, credential, one) {
      offered.push(credential.username);
      return stage.engine.login(target, credential, one);
    },
  };
  const ports = fleetOf(made);
  const rotationFor: ExaminationPorts["rotationFor"] = async (secretArn, one) => ({
    ...(await ports.rotationFor(secretArn, one)),
    engine,
  });
  expect(await examined({ ...ports, rotationFor })).toEqual(
    ["admin_a", "admin_b", "admin_c"].map((name) => `${name} credential-refused`),
  );
  expect(offered.toSorted()).toEqual(["admin_a", "admin_b", "admin_c", "postgres"]);
});

test("a secret that takes too long is told as such, and does not hold up the others", async () => {
  const made = await secrets("slow", "quick");
  const rotationFor: ExaminationPorts["rotationFor"] = async (secretArn) => {
    if (secretArn === made[0]?.secretArn) return new Promise<never>(() => undefined);
    throw new RekeyError("engine-unsupported");
  };
  const told: string[] = [];
  for await (const one of examineFleet(fleetOf(made, { rotationFor }), {}, call, 20)) told.push(text(one));
  expect(told).toEqual(["quick engine-unsupported", "slow time-budget-spent"]);
});

test("when the caller's signal fires it ends without an error, four having been begun and none being told", async () => {
  const made = await secrets("end_a", "end_b", "end_c", "end_d", "end_e");
  const left = new AbortController();
  const begun: string[] = [];
  const rotationFor: ExaminationPorts["rotationFor"] = async (secretArn, { signal }) => {
    begun.push(secretArn);
    if (begun.length === 4) queueMicrotask(() => left.abort());
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new RekeyError("time-budget-spent")));
    });
  };
  const told: Examination[] = [];
  for await (const one of examineFleet(fleetOf(made, { rotationFor }), {}, left)) told.push(one);
  expect([begun.length, told]).toEqual([4, []]);
});

test("a listing that is refused is the caller's error, and no secret's", async () => {
  const listing = {
    page: async () => {
      throw new RekeyError("access-denied");
    },
  };
  await expect(examined(fleetOf([], { listing }))).rejects.toMatchObject({ code: "access-denied" });
});
