import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SNS } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { functionPresence } from "../../aws/lambda/function-facts.ts";
import { snsTopic } from "../../aws/sns/topic-subscriptions.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import { secretAdministration } from "../../aws/secrets-manager/secret-administration.ts";
import { secretListing } from "../../aws/secrets-manager/secret-listing.ts";
import { secretsManagerStore } from "../../aws/secrets-manager/secret-store.ts";
import { detachAll, type DetachEvent, type DetachOptions } from "./detach-all.ts";
import { detachmentsOfStack } from "./find-detachments.ts";
import type { DetachPorts } from "./detach-secret.ts";
import type { Topic } from "../../ports/account.ts";

const call = { signal: new AbortController().signal };
const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;
let stack: Stack;
let secrets: SecretsManager;
let sns: SNS;
let ports: DetachPorts;
let topic: Topic;
let topicArn: string;
let functionArn: string;
let serial = 0;
let names: readonly string[] = [];

beforeAll(async () => {
  // One try: what a call does not do, only a repeated command may do.
  stack = await startStack({ rotationRetry: { attempts: 1, delayMs: 1 } });
  const { outputs } = await stack.deploy();
  functionArn = outputs["RotatePostgresArn"] ?? "";
  topicArn = outputs["SecretRotatedTopicArn"] ?? "";
  const config = { ...stack.clientConfig, maxAttempts: 1 };
  secrets = new SecretsManager(config);
  sns = new SNS(config);
  const lambda = new LambdaClient(config);
  ports = {
    store: secretsManagerStore(secrets),
    listing: secretListing(secrets),
    administration: secretAdministration(secrets),
    functionExists: functionPresence(lambda),
  };
  topic = snsTopic(sns, topicArn);
});
afterAll(async () => stack.stop());

async function makeSecret(name: string, RotateImmediately = false): Promise<void> {
  await secrets.createSecret({
    Name: name,
    SecretString: JSON.stringify({ engine: "postgres", host: "127.0.0.1", port: 1, username: "a", password: "canary" }),
    Tags: [
      { Key: "rekey:grace", Value: "1h" },
      { Key: "team", Value: "shop" },
    ],
  });
  const RotationRules = { AutomaticallyAfterDays: 30 };
  await secrets.rotateSecret({ SecretId: name, RotationLambdaARN: functionArn, RotationRules, RotateImmediately });
  await stack.secretsManager.idle();
}

beforeEach(async () => {
  for (const SecretId of names) await secrets.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
  serial += 1;
  names = [`a-${serial}`, `b-${serial}`];
  for (const name of names) await makeSecret(name);
  for (const name of ["one", "two"]) {
    await sns.subscribe({ TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn(name) });
  }
});

async function run(options: Partial<DetachOptions> = {}): Promise<readonly DetachEvent[]> {
  const remove = await topic.subscriptions(call);
  const events: DetachEvent[] = [];
  const found = await detachmentsOfStack(ports, "rekey", call);
  const all = { removeTags: false, topic: { of: topic, remove }, ...options };
  for await (const event of detachAll(ports, found, all, call)) events.push(event);
  return events;
}
const outcomes = (events: readonly DetachEvent[]): readonly string[] =>
  events.map((event) => (event.type === "secret" ? `${event.name} ${event.outcome}` : event.endpoint));

const state = async () =>
  Promise.all(
    names.map(async (SecretId) => {
      const { RotationEnabled, RotationLambdaARN, Tags } = await secrets.describeSecret({ SecretId });
      const { SecretString } = await secrets.getSecretValue({ SecretId });
      return {
        RotationEnabled,
        RotationLambdaARN,
        kept: SecretString?.includes("canary"),
        tags: Tags?.map(({ Key }) => Key),
      };
    }),
  );
const detachedState = () => {
  const one = { RotationEnabled: false, RotationLambdaARN: functionArn, kept: true, tags: ["rekey:grace", "team"] };
  return [one, one];
};

test("rotation is off, the value and the tags stay, the function's ARN too, and the topic has no subscription", async () => {
  expect(outcomes(await run())).toEqual([
    `a-${serial} detached`,
    `b-${serial} detached`,
    queueArn("one"),
    queueArn("two"),
  ]);
  expect(await state()).toEqual(detachedState());
  expect(await topic.subscriptions(call)).toEqual([]);
});

test("repeated, it finds the same secrets and changes nothing", async () => {
  await run();
  expect(outcomes(await run())).toEqual([`a-${serial} already-off`, `b-${serial} already-off`]);
});

test.each(["refuse", "cut"] as const)(
  "stopped at each of its calls (%s) and repeated, it comes to the same end",
  async (kind) => {
    let calls = 0;
    for (let nth = 1; ; nth++) {
      const fault = stack.aws.faults.inject({ kind, nth });
      const failure = await run().catch((error: unknown) => error);
      fault.remove();
      if (fault.struck === 0) break;
      calls = nth;
      expect(Array.isArray(failure) || isRekeyError(failure)).toBe(true);
      await run();
      expect(await state()).toEqual(detachedState());
      expect(await topic.subscriptions(call)).toEqual([]);
      for (const SecretId of names) await secrets.rotateSecret({ SecretId, RotateImmediately: false });
      await stack.secretsManager.idle();
      for (const name of ["one", "two"]) {
        await sns.subscribe({ TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn(name) });
      }
    }
    // ListSubscriptionsByTopic, ListSecrets, of each secret DescribeSecret and CancelRotateSecret, and Unsubscribe twice.
    expect(calls).toBe(8);
  },
);

test("a secret in the middle of a rotation is refused with its code, the others are done, and the subscriptions stay", async () => {
  const [first = ""] = names;
  await secrets.rotateSecret({ SecretId: first });
  await stack.secretsManager.idle();
  const events = await run();
  expect(outcomes(events)).toEqual([`${first} failed`, `b-${serial} detached`]);
  expect(events[0]).toMatchObject({ code: "rotation-under-way" });
  expect(await state()).toMatchObject([{ RotationEnabled: true }, { RotationEnabled: false }]);
  expect(await topic.subscriptions(call)).toHaveLength(2);
});

test("a rotation that begins between the look and the call is reported with its version", async () => {
  const [first = ""] = names;
  const begun = {
    ...ports.store,
    describe: async (...words: Parameters<typeof ports.store.describe>) => {
      const found = await ports.store.describe(...words);
      if (found.name === first) {
        await secrets.rotateSecret({ SecretId: first });
        await stack.secretsManager.idle();
      }
      return found;
    },
  };
  const found = await detachmentsOfStack(ports, "rekey", call);
  const events: DetachEvent[] = [];
  for await (const event of detachAll({ ...ports, store: begun }, found, { removeTags: false }, call))
    events.push(event);
  expect(events[0]).toMatchObject({ code: "rotation-under-way", hint: expect.stringContaining("AWSPENDING") });
});

test("tags are not removed while the function is there, which obeys them", async () => {
  const events = await run({ removeTags: true });
  expect(events).toMatchObject([{ code: "option-invalid" }, { code: "option-invalid" }]);
  expect(await state()).toMatchObject([{ RotationEnabled: true }, { RotationEnabled: true }]);
});

test("once the function is gone, tags of rekey's are removed and others stay", async () => {
  const gone: DetachPorts = { ...ports, functionExists: async () => false };
  const found = await detachmentsOfStack(gone, "rekey", call);
  const events: DetachEvent[] = [];
  for await (const event of detachAll(gone, found, { removeTags: true }, call)) events.push(event);
  expect(events).toMatchObject([{ removedTags: ["rekey:grace"] }, { removedTags: ["rekey:grace"] }]);
  expect(await state()).toMatchObject([{ tags: ["team"] }, { tags: ["team"] }]);
});

test("another stack's secrets are not touched, also where its name begins with this one's", async () => {
  expect(await detachmentsOfStack(ports, "rek", call)).toEqual([]);
  const other = await stack.deploy({
    stackName: "rekey-rotate",
    parameters: {
      EventBusName: "other",
      VaultCredentialSecretArn: "",
      SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:*",
    },
  });
  onTestFinished(
    async () => void (await secrets.deleteSecret({ SecretId: "other", ForceDeleteWithoutRecovery: true })),
  );
  await secrets.createSecret({ Name: "other", SecretString: "{}" });
  const RotationLambdaARN = other.outputs["RotatePostgresArn"];
  await secrets.rotateSecret({
    SecretId: "other",
    RotationLambdaARN,
    RotationRules: { AutomaticallyAfterDays: 1 },
    RotateImmediately: false,
  });
  expect((await detachmentsOfStack(ports, "rekey", call)).map(({ name }) => name)).toEqual(names);
  expect((await detachmentsOfStack(ports, "rekey-rotate", call)).map(({ name }) => name)).toEqual(["other"]);
});

test("a secret that is scheduled for deletion is left and said to be so", async () => {
  const [first = ""] = names;
  await secrets.deleteSecret({ SecretId: first });
  expect(outcomes(await run()).slice(0, 2)).toEqual([`${first} deleted`, `b-${serial} detached`]);
  await secrets.restoreSecret({ SecretId: first });
});
