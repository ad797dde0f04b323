import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventEnvelope } from "../../../local/eventbridge/put-events.ts";
import { type Stack, startStack } from "../../../local/stack.ts";
import type { TemplateDeployment } from "../../../local/template/deploy-template.ts";
import { readTemplate } from "../../../deploy/reading/read-template.ts";
import { asPolicyDocument } from "../../../local/aws/policy-document.ts";
import { roleConfig } from "../../support/role-config.ts";
import { policiesOf } from "../../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../../..");
const policies = policiesOf(readTemplate(readFileSync(resolve(root, "template.yaml"), "utf8")));

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf";
const forged = (source: string, DetailType: string, EventBusName = "rekey") => {
  const detail = { schemaVersion: 1, secretArn, secretName: "db/orders", versionId: randomUUID() };
  return { EventBusName, Source: source, DetailType, Detail: JSON.stringify(detail) };
};

let stack: Stack;
let deployed: TemplateDeployment;
const told: EventEnvelope[] = [];
const clients: { destroy(): void }[] = [];
const made = <Client extends { destroy(): void }>(client: Client): Client => {
  clients.push(client);
  return client;
};
const publisher = (actions = ["events:*"], role = "attacker"): EventBridge =>
  made(new EventBridge({ ...roleConfig(stack, role, actions), maxAttempts: 1 }));

beforeAll(async () => {
  stack = await startStack();
  stack.eventBridge.onEvent((bus, event) => void (bus === "default" || told.push(event)));
  const login = "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf";
  deployed = await stack.deploy({
    parameters: {
      OperatorRoleArns: "arn:aws:iam::123456789012:role/ops-*",
      LoginCheckConcurrency: "2",
      RedisSecretArn: login,
      WebhookUrl: "https://hook.example.com",
      WebhookKeySecretArn: login,
    },
  });
  const SenderRoleArns = "arn:aws:iam::123456789012:role/rekey-ReplicaBusesRole";
  const templatePath = resolve(root, "templates/subscribers/replica-region.yaml");
  await stack.deploy({ templatePath, stackName: "there", parameters: { EventBusName: "there", SenderRoleArns } });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await stack.stop();
});

test.each(["Secret Rotated", "Secret Deleted", "Secret Retagged"])(
  "with the right to put any event anywhere, %s under the source of rekey is refused by the bus",
  async (type) => {
    const before = told.length;
    const put = publisher().putEvents({ Entries: [forged("rekey", type)] });
    await expect(put).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(told.length).toBe(before);
  },
);

test("an event under the source of rekey is refused among others that are allowed", async () => {
  const before = told.length;
  const Entries = [forged("orders", "Order Placed"), forged("rekey", "Secret Rotated")];
  const answer = await publisher().putEvents({ Entries });
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, "NotAuthorizedForSourceException"]);
  expect(told.slice(before).map(({ source }) => source)).toEqual(["orders"]);
});

test("nor does the bus in the region of the replicas take an event of rekey from another than its sender", async () => {
  const put = publisher().putEvents({ Entries: [forged("rekey", "Secret Rotated", "there")] });
  await expect(put).rejects.toMatchObject({ name: "AccessDeniedException" });
  const sender = publisher(["events:PutEvents"], "rekey-ReplicaBusesRole");
  const { FailedEntryCount } = await sender.putEvents({ Entries: [forged("rekey", "Secret Rotated", "there")] });
  expect(FailedEntryCount).toBe(0);
});

test.each([
  ["the mirror's", "MirrorToVaultRole", "Secret Rotated"],
  ["reconcile's", "ReconcileRole", "Secret Rotated"],
  ["check-login's", "CheckLoginRole", "Secret Deleted"],
  ["a rotation's", "RotateMysqlRole", "Secret Deleted"],
])("code that took over %s function cannot say what that function never says", async (_whose, role, type) => {
  const { endpoint, region } = stack.clientConfig;
  const documents = policies
    .filter(({ logicalId }) => logicalId === role)
    .map(({ document }) => asPolicyDocument(document));
  const credentials = stack.aws.principals.assumeRole(`rekey-${role}`, "session", documents);
  const events = made(new EventBridge({ endpoint, region, credentials, maxAttempts: 1 }));
  const put = events.putEvents({ Entries: [forged("rekey", type)] });
  await expect(put).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("with the right to send to any queue, a message to one of rekey's queues is refused", async () => {
  const sqs = made(new SQS({ ...roleConfig(stack, "attacker", ["sqs:*"]), maxAttempts: 1 }));
  const queues = stack.sqs.queues().filter(({ name }) => name.startsWith("rekey-"));
  expect(queues.length).toBeGreaterThan(8);
  const refused: string[] = [];
  for (const { name } of queues) {
    const { QueueUrl = "" } = await sqs.getQueueUrl({ QueueName: name });
    const Entries = [{ Id: "1", MessageBody: "{}" }];
    for (const send of [
      async () => sqs.sendMessage({ QueueUrl, MessageBody: "{}" }),
      async () => sqs.sendMessageBatch({ QueueUrl, Entries }),
    ]) {
      await send().catch((error: unknown) => {
        if (error instanceof Error && error.name === "AccessDeniedException") refused.push(name);
      });
    }
  }
  expect(refused).toEqual(queues.flatMap(({ name }) => [name, name]));
});

test("a redrive of dead letters into a queue of rekey's is refused to whoever is no operator", async () => {
  const SourceArn = deployed.outputs["DeadLetterQueueArn"] ?? "";
  const redrive = async (role: string): Promise<unknown> =>
    made(new SQS({ ...roleConfig(stack, role, ["sqs:*"]), maxAttempts: 1 })).startMessageMoveTask({ SourceArn });
  await expect(redrive("attacker")).rejects.toMatchObject({ name: "AccessDeniedException" });
  expect(await redrive("ops-oncall")).toMatchObject({ TaskHandle: expect.any(String) });
});

test("with the right to publish to any topic, a notice on the topic of rekey's subscribers is refused", async () => {
  const sns = made(new SNS({ ...roleConfig(stack, "attacker", ["sns:*"]), maxAttempts: 1 }));
  const TopicArn = deployed.outputs["SecretRotatedTopicArn"] ?? "";
  const published = sns.publish({ TopicArn, Message: JSON.stringify({ detail: { secretArn } }) });
  await expect(published).rejects.toMatchObject({ name: expect.stringMatching(/Authorization|AccessDenied/) });
});
