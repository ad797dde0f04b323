import { createHmac, randomUUID } from "node:crypto";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { type ShippedAgent, shippedAgent } from "../../support/agent-process.ts";
import { ask } from "../../support/agent-stage.ts";
import { redisServer, startRedis } from "../../support/redis.ts";

const soon = { timeout: 60_000 };
let stack: Stack;
let secrets: SecretsManager;
let sqs: SQS;
let agent: ShippedAgent;

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  sqs = new SQS(stack.clientConfig);
  agent = await shippedAgent(stack);
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  secrets.destroy();
  sqs.destroy();
  await stack.stop();
});

const eventOf = (secretArn: string, versionId: string): string =>
  JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn, versionId, at: new Date().toISOString() } });

async function queue(): Promise<{ readonly url: string; left(): Promise<number> }> {
  const { QueueUrl: url = "" } = await sqs.createQueue({ QueueName: `agent-${randomUUID()}` });
  return {
    url,
    async left() {
      const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const { Attributes = {} } = await sqs.getQueueAttributes({
        QueueUrl: url,
        AttributeNames: [...AttributeNames],
      });
      return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    },
  };
}

const readsOf = (arn: string): number =>
  stack.aws.requests.filter(({ operation, resources }) => operation === "GetSecretValue" && resources.includes(arn))
    .length;

test("a message about a version that does not exist, sent to the agent's queue, makes no request fail", async () => {
  const { ARN = "" } = await secrets.createSecret({ Name: "agent/unknown", SecretString: "canary-kept" });
  const { url, left } = await queue();
  const { port } = await agent.start(["--queue-url", url, "--prefetch", "agent/unknown"]);
  await sqs.sendMessage({ QueueUrl: url, MessageBody: eventOf(ARN, randomUUID()) });
  await expect.poll(left, soon).toBe(0);
  const answers = [];
  for (let request = 0; request < 5; request++) answers.push(await ask(port, "/v1/agent/unknown"));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

test("hundreds of messages about versions that do not exist cost Secrets Manager a handful of requests", async () => {
  const { ARN = "" } = await secrets.createSecret({ Name: "agent/flooded", SecretString: "canary-kept" });
  const { url, left } = await queue();
  const { port } = await agent.start(["--queue-url", url, "--prefetch", "agent/flooded"]);
  const startedAtMs = Date.now();
  for (let batch = 0; batch < 20; batch++) {
    const Entries = Array.from({ length: 10 }, (_item, index) => ({
      Id: String(index),
      MessageBody: eventOf(ARN, randomUUID()),
    }));
    await sqs.sendMessageBatch({ QueueUrl: url, Entries });
    await ask(port, "/v1/agent/flooded");
  }
  await expect.poll(left, soon).toBe(0);
  const periods = 1 + Math.ceil((Date.now() - startedAtMs) / 20_000);
  expect(readsOf(ARN)).toBeLessThanOrEqual(1 + 6 * periods);
  expect(await ask(port, "/v1/agent/flooded")).toMatchObject({ status: 200 });
});

describe.skipIf(redisServer === undefined)("on a channel of Redis", () => {
  test("an agent that has the channel's key hears nothing of whoever else may publish there", async () => {
    const redis = await startRedis(redisServer ?? "");
    onTestFinished(async () => redis.stop());
    const key = "canary-key-of-the-channel";
    await secrets.createSecret({ Name: "channel-key", SecretString: key });
    const { ARN = "" } = await secrets.createSecret({ Name: "agent/signed", SecretString: "canary-one" });
    const { username, password } = redis.superuser;
    const { port, output } = await agent.start(["--prefetch", "agent/signed"], {
      REDIS_URL: `redis://${username}:${password}@${redis.host}:${redis.port}`,
      REDIS_CHANNEL_KEY_SECRET: "channel-key",
    });
    await expect.poll(async () => String(await redis.admin("PUBSUB", "NUMSUB", "rekey")), soon).toBe("rekey,1");
    for (let message = 0; message < 20; message++) await redis.admin("PUBLISH", "rekey", eventOf(ARN, randomUUID()));
    const { VersionId = "" } = await secrets.putSecretValue({ SecretId: ARN, SecretString: "canary-two" });
    const event = eventOf(ARN, VersionId);
    const seconds = Math.floor(Date.now() / 1_000);
    const digest = createHmac("sha256", key).update(`${seconds}.${event}`).digest("hex");
    const signed = JSON.stringify({ Message: event, RekeySignature: `t=${seconds},v1=${digest}` });
    await redis.admin("PUBLISH", "rekey", signed);
    await expect.poll(output, soon).toContain('"message":"rotated"');
    expect(readsOf(ARN)).toBe(2);
    expect(output()).toContain("event-unverified");
    expect(await ask(port, "/v1/agent/signed")).toMatchObject({ body: expect.stringContaining("canary-two") });
    expect(output()).not.toContain("canary");
  });
});
