import { expect, test } from "vitest";
import { memoryEngine } from "../../testing/memory-engine.ts";
import { memorySecretId, memoryValue } from "../../testing/memory-rotation.ts";
import { memoryStore } from "../../testing/memory-store.ts";
import { memoryWiring } from "../../testing/memory-wiring.ts";
import { type Adoption, type AdoptPorts, adoptSecret, planAdoption } from "./adopt-secret.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:rekey-rotate";
const adoption: Adoption = {
  functionArn,
  schedule: { everyDays: 30 },
  tags: new Map([["rekey:strategy", "single-user"]]),
};

/** A secret that nobody rotates yet, whose password is the server's or another one. */
function stage(password = "right", fields: object = {}) {
  const store = memoryStore(memorySecretId, memoryValue(password, fields));
  store.cancelRotation();
  const engine = memoryEngine();
  engine.give("app", ["right"]);
  const done: unknown[] = [];
  const ports: AdoptPorts = {
    doctor: { rotation: memoryWiring({ store, engine }) },
    administration: {
      async tag(secretArn, tags) {
        done.push(["tag", secretArn, ...tags]);
      },
      async enableRotation(secretArn, { versionId, ...rotation }) {
        done.push(["enableRotation", secretArn, rotation, versionId]);
      },
    },
  };
  return { store, ports, done };
}

const rotateSecret = `RotateSecret ${memorySecretId}: function ${functionArn},`;
const tested = "tested now with a copy of AWSCURRENT, not rotated";

test("a plan says what will be done, and what the doctor will find then; nothing is done", async () => {
  const { ports, done, store } = stage();
  expect(await planAdoption(ports, memorySecretId, adoption, call)).toEqual({
    secretArn: memorySecretId,
    findings: [],
    actions: [`TagResource ${memorySecretId}: rekey:strategy=single-user`, `${rotateSecret} every 30 days; ${tested}`],
  });
  store.tags.set("rekey:strategy", "single-user").set("team", "a");
  const schedule = { expression: "rate(4 hours)" };
  expect((await planAdoption(ports, memorySecretId, { ...adoption, schedule }, call)).actions).toEqual([
    `${rotateSecret} rate(4 hours); ${tested}`,
  ]);
  expect(done).toEqual([]);
});

test("the doctor sees the secret as it would be, and another secret as it is", async () => {
  const { ports, store } = stage();
  store.tags.set("rekey:mirror", "false").set("rekey:strategy", "single-user");
  const seen: unknown[] = [];
  const { rotation } = ports.doctor;
  const mirror = {
    async probe({ secretArn, tags }: { readonly secretArn: string; readonly tags: ReadonlyMap<string, string> }) {
      seen.push([secretArn, ...tags]);
      return { path: "secret/data/app", mayWrite: false };
    },
  };
  const changed = { ...adoption, tags: new Map([["rekey:mirror", "true"]]) };
  const plan = await planAdoption({ ...ports, doctor: { rotation, mirror } }, memorySecretId, changed, call);
  expect(plan.findings.map(({ code }) => code)).toEqual(["mirror-path-denied"]);
  expect(seen).toEqual([[memorySecretId, ["rekey:mirror", "true"], ["rekey:strategy", "single-user"]]]);
  const wrong = { ...adoption, tags: new Map([["rekey:strategy", "alternating-users"]]) };
  const { findings } = await planAdoption(ports, memorySecretId, wrong, call);
  expect(findings.map(({ code }) => code)).toEqual(["admin-not-set"]);
});

test("a secret is adopted by its ARN: its tags, then its function and its schedule under a new VersionId", async () => {
  const { ports, done } = stage();
  expect(await adoptSecret(ports, memorySecretId, adoption, call)).toMatchObject({ outcome: "adopted", findings: [] });
  const { schedule } = adoption;
  expect(done).toEqual([
    ["tag", memorySecretId, ["rekey:strategy", "single-user"]],
    ["enableRotation", memorySecretId, { functionArn, schedule }, expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ]);
});

test("without tags none are set", async () => {
  const { ports, done } = stage();
  await adoptSecret(ports, memorySecretId, { ...adoption, tags: new Map() }, call);
  expect(done).toEqual([expect.arrayContaining(["enableRotation"])]);
});

test("with an error among the findings nothing is done; a warning does not keep it", async () => {
  const refused = stage("wrong");
  const { outcome, findings } = await adoptSecret(refused.ports, memorySecretId, adoption, call);
  expect([outcome, findings.map(({ code }) => code)]).toEqual(["refused", ["credential-refused"]]);
  expect(refused.done).toEqual([]);
  const warned = stage("right", { ssl: false });
  expect(await adoptSecret(warned.ports, memorySecretId, adoption, call)).toMatchObject({
    outcome: "adopted",
    findings: [{ severity: "warning", code: "tls-not-verified" }],
  });
});

test.each<[string, Partial<Adoption>]>([
  ["function", { functionArn: "rekey-rotate" }],
  ["function", { functionArn: `x${functionArn}` }],
  ["function", { functionArn: `${functionArn}:live:1` }],
  ["function", { functionArn: functionArn.replace("123456789012", "1234567890123") }],
  ["function", { functionArn: functionArn.replace("lambda", "sqs") }],
  ["every", { schedule: { everyDays: 0 } }],
  ["every", { schedule: { everyDays: 1.5 } }],
  ["every", { schedule: { everyDays: 1001 } }],
  ["schedule", { schedule: { expression: "every day" } }],
  ["schedule", { schedule: { expression: "cron()" } }],
  ["schedule", { schedule: { expression: "rate(1 day) " } }],
  ["schedule", { schedule: { expression: " rate(1 day)" } }],
  ["tag", { tags: new Map([["team", "a"]]) }],
  ["tag", { tags: new Map([["rekey:", "a"]]) }],
  ["tag", { tags: new Map([["x-rekey:mirror", "a"]]) }],
  ["tag", { tags: new Map([["rekey:mirror2", "a"]]) }],
  ["tag", { tags: new Map([["rekey:mirror", ""]]) }],
])("another %s than there is is option-invalid, and says what to give: %j", async (option, changes) => {
  const { ports, done } = stage();
  const adopting = adoptSecret(ports, memorySecretId, { ...adoption, ...changes }, call);
  await expect(adopting).rejects.toMatchObject({
    code: "option-invalid",
    context: { option },
    hint: expect.stringMatching(/^(name|use) /),
  });
  expect(done).toEqual([]);
});

test.each<[string, Partial<Adoption>]>([
  ["an alias of the function", { functionArn: `${functionArn}:live` }],
  ["the function of another partition", { functionArn: functionArn.replace("arn:aws:", "arn:aws-cn:") }],
  ["the shortest period", { schedule: { everyDays: 1 } }],
  ["the longest period", { schedule: { everyDays: 1000 } }],
  ["a cron expression", { schedule: { expression: "cron(0 4 ? * SUN *)" } }],
])("%s is taken", async (_what, changes) => {
  const { ports } = stage();
  expect(await adoptSecret(ports, memorySecretId, { ...adoption, ...changes }, call)).toMatchObject({
    outcome: "adopted",
  });
});
