import { randomUUID } from "node:crypto";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../../../local/stack.ts";
import { chatCredential, type ChatServer, startChatServer } from "../../support/chat-servers.ts";

const kinds = ["slack", "teams", "pagerduty"] as const;
const soon = { timeout: 60_000 };
const servers = new Map<string, ChatServer>();
let stack: Stack;
let secrets: SecretsManager;
let sqs: SQS;
let functionArn = "";
let secretArn = "";

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  sqs = new SQS(stack.clientConfig);
  const targets = await Promise.all(
    kinds.map(async (kind) => {
      const server = await startChatServer(kind);
      servers.set(kind, server);
      const SecretString = `${chatCredential(kind, server.origin)}\n`;
      const { ARN = "" } = await secrets.createSecret({ Name: `chat/${kind}`, SecretString });
      return { kind, secret: ARN, origin: server.origin };
    }),
  );
  const { outputs } = await stack.deploy({
    parameters: {
      SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*",
      ChatTargets: JSON.stringify(targets),
      ChatSecretArns: targets.map(({ secret }) => secret).join(","),
      RunbookUrl: "https://docs.example.com/runbook",
      ConsoleUrl: "https://rekey.example.com",
      OperatorRoleArns: "arn:aws:iam::123456789012:root",
    },
  });
  functionArn = outputs["RotatePostgresArn"] ?? "";
  const SecretString = JSON.stringify({ engine: "postgres", password: "canary-value" });
  secretArn = (await secrets.createSecret({ Name: "db/app", SecretString })).ARN ?? "";
  await stack.lambda.idle();
});
afterAll(async () => {
  for (const { stop } of servers.values()) stop();
  secrets.destroy();
  sqs.destroy();
  await stack.stop();
});

const taken = (kind: (typeof kinds)[number]) => servers.get(kind)?.taken ?? [];
const texts = (): string => JSON.stringify([...servers.values()].map((server) => server.taken));
/** A batch is gathered for twenty seconds. */
async function gathered(): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    await new Promise((done) => setTimeout(done, 300));
    await stack.clock.advance(21_000);
    await stack.lambda.idle();
  }
}

test("a rotation that fails for good is told to all three, and ends PagerDuty's incident when the secret has a new version", async () => {
  await secrets.rotateSecret({ SecretId: secretArn, RotationLambdaARN: functionArn, ClientRequestToken: randomUUID() });
  await expect.poll(() => JSON.stringify(stack.lambda.logs), soon).toContain("secret-malformed");
  await stack.lambda.idle();
  await gathered();
  await expect.poll(() => taken("pagerduty").length, soon).toBeGreaterThan(0);
  expect(JSON.stringify(taken("slack"))).toContain("rotation failed in createSecret: secret-malformed");
  expect(JSON.stringify(taken("slack"))).toContain("<https://docs.example.com/runbook#secret-malformed|runbook>");
  const page = `https://rekey.example.com/secrets/${encodeURIComponent(secretArn)}`;
  expect(JSON.stringify(taken("teams"))).toContain(page);
  expect(taken("pagerduty")[0]).toMatchObject({ event_action: "trigger", payload: { source: "db/app" } });
  await secrets.cancelRotateSecret({ SecretId: secretArn });
  const { VersionIdsToStages = {} } = await secrets.describeSecret({ SecretId: secretArn });
  for (const [RemoveFromVersionId, stages] of Object.entries(VersionIdsToStages)) {
    if (!stages.includes("AWSPENDING")) continue;
    await secrets.updateSecretVersionStage({ SecretId: secretArn, VersionStage: "AWSPENDING", RemoveFromVersionId });
  }
  await secrets.putSecretValue({ SecretId: secretArn, SecretString: '{"password":"canary-next"}' });
  await stack.lambda.idle();
  await expect
    .poll(async () => {
      await gathered();
      return taken("pagerduty").at(-1)?.["event_action"];
    }, soon)
    .toBe("resolve");
  expect(taken("pagerduty").at(-1)?.["dedup_key"]).toBe(taken("pagerduty")[0]?.["dedup_key"]);
  expect(JSON.stringify([taken("slack"), taken("teams")])).not.toContain("rotated");
});

/** Somebody who got past the policies of the bus and the queue. */
async function forge(type: string, ...details: readonly object[]): Promise<void> {
  const { QueueUrl = "" } = await sqs.getQueueUrl({ QueueName: "rekey-ChatQueue" });
  const common = { schemaVersion: 1, secretName: "<!channel> https://evil.example", versionId: randomUUID() };
  for (const detail of details) {
    const named = { ...common, secretArn, at: new Date(stack.clock.now()).toISOString(), ...detail };
    const event = { source: "rekey", "detail-type": type, account: stack.accountId, detail: named };
    await sqs.sendMessage({ QueueUrl, MessageBody: JSON.stringify(event) });
  }
  await gathered();
}
const foreign = "arn:aws:secretsmanager:us-east-1:123456789012:secret:payroll/db-AbCdEf";
const missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/none-AbCdEf";

test("forged events: nothing of invented secrets, of what Secrets Manager contradicts, or of the forger's own words", async () => {
  const before = kinds.map((kind) => taken(kind).length);
  await forge("Secret Rotation Failed", { secretArn: foreign, step: "setSecret", code: "access-denied" });
  await forge("Secret Rotation Failed", { secretArn: missing, step: "setSecret", code: "access-denied" });
  await forge("Secret Rotation Failed", { step: "<!here>", code: "access-denied" });
  await forge("Secret Finding", { finding: "rotation-overdue", repaired: false }, { finding: "pending-stuck" });
  await forge("Secret Finding", { finding: "<https://evil.example|click>", repaired: false });
  await forge("Secret Rotated", { origin: "rotation", engine: "x", strategy: "none" });
  expect(kinds.map((kind) => taken(kind).length)).toEqual(before);
  expect(texts()).not.toMatch(/evil|!channel|!here|payroll|none/u);
});

test("a flood of one secret's failures is one message, under its true name, and asks Secrets Manager once for each batch", async () => {
  const before = kinds.map((kind) => taken(kind).length);
  const asked = stack.aws.requests.length;
  const flood = Array.from({ length: 40 }, () => ({ step: "setSecret", code: "evil-words-of-mine" }));
  await forge("Secret Rotation Failed", ...flood);
  // They wait while the target has its rest, in real time, and then for the queue to show them again.
  const told = async (): Promise<number> => {
    await gathered();
    return taken("teams").length;
  };
  await expect.poll(told, soon).toBeGreaterThan(before[1] ?? 0);
  // Two of the queue's batches may be under way at once, each in a container of its own.
  for (const [index, kind] of kinds.entries()) expect(taken(kind).length - (before[index] ?? 0)).toBeLessThanOrEqual(2);
  expect(JSON.stringify(taken("slack").at(-1))).toContain(
    "`db/app`: rotation failed in setSecret, with a code of its own engine",
  );
  expect(texts()).not.toMatch(/evil|!channel/u);
  const describes = stack.aws.requests.slice(asked).filter(({ operation }) => operation === "DescribeSecret");
  expect(describes.length).toBeLessThan(10);
});

test("no address, routing key or value is in a log, a request's record or a message", () => {
  for (const server of servers.values()) expect(server.refused).toEqual([]);
  const withoutKeys = texts().replaceAll(/"routing_key":"\w+"/gu, "");
  expect(JSON.stringify([stack.lambda.logs, stack.aws.requests]) + withoutKeys).not.toMatch(/canary/iu);
});
