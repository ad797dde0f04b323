import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { record } from "../../local/aws/members.ts";
import { checkTemplate } from "../../local/template/prepare.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { noticeInMessage } from "../../shared/client/invalidation/notice-in-message.ts";
import { createSubscriberQueue } from "../../shared/client/invalidation/subscriber-queue.ts";
import { eventBridgePublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import { takeMessage } from "../support/aws-wiring.ts";
import { inTime } from "../support/mirror-entries.ts";
import { roleConfig } from "../support/role-config.ts";

const folder = resolve(import.meta.dirname, "../../templates/subscribers");
const root = resolve(import.meta.dirname, "../..");
const files = [
  "template.yaml",
  ...readdirSync(resolve(root, "templates"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => `templates/${name}`),
];
const template = (name: string): string => resolve(folder, `${name}.yaml`);
let stack: Stack;
let sqs: SQSClient;
let sns: SNSClient;
let events: EventBridgeClient;

beforeAll(async () => {
  stack = await startStack();
  sqs = new SQSClient(stack.clientConfig);
  sns = new SNSClient(stack.clientConfig);
  events = new EventBridgeClient(roleConfig(stack, "rekey-AnnounceChangeRole", ["events:PutEvents"]));
});
afterAll(async () => {
  for (const client of [sqs, sns, events]) client.destroy();
  await stack.stop();
});

const versions = new Map<string, string>();
async function announce(secretName: string): Promise<void> {
  const versionId = crypto.randomUUID();
  versions.set(secretName, versionId);
  const secretArn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${secretName}-AbCdEf`;
  const facts = { origin: "rotation", engine: "postgres", strategy: "single-user" } as const;
  await eventBridgePublisher(events, "rekey").publish(
    { type: "Secret Rotated", secretArn, secretName, versionId, ...facts },
    inTime(),
  );
}
const heard = async (queueUrl: string): Promise<string | undefined> =>
  noticeInMessage((await takeMessage(sqs, queueUrl)) ?? "")?.versionId;

test("a service's own queue gets the events of its secrets, by name or by the beginning of the name, and no other", async () => {
  const { outputs } = await stack.deploy();
  const SecretRotatedTopicArn = outputs["SecretRotatedTopicArn"] ?? "";
  const queueFor = async (ServiceName: string, secrets: Readonly<Record<string, string>>): Promise<string> => {
    const parameters = { SecretRotatedTopicArn, ServiceName, ...secrets };
    const made = await stack.deploy({ templatePath: template("service-queue"), stackName: ServiceName, parameters });
    return made.outputs["QueueUrl"] ?? "";
  };
  const named = await queueFor("named", { SecretNames: "orders/db,billing/db" });
  const prefixed = await queueFor("prefixed", { SecretNamePrefix: "orders/" });
  for (const name of ["other/db", "orders/cache", "orders/db"]) await announce(name);
  expect(await heard(named)).toBe(versions.get("orders/db"));
  const both = new Set([await heard(prefixed), await heard(prefixed)]);
  expect(both).toEqual(new Set([versions.get("orders/cache"), versions.get("orders/db")]));
  await announce("billing/db");
  expect(await heard(named)).toBe(versions.get("billing/db"));
});

test.each([
  ["without a secret", { ServiceName: "none" }, "SecretNames or SecretNamePrefix is needed"],
  [
    "with blanks among its secrets",
    { ServiceName: "none", SecretNames: "a, b" },
    "SecretNames: the value does not match",
  ],
  [
    "with a name that leaves no room for a queue's",
    { ServiceName: "n".repeat(53), SecretNames: "a" },
    "ServiceName: the",
  ],
])("a service %s has no queue", async (_what, parameters, refusal) => {
  const settings = { templatePath: template("service-queue"), stackName: "none" };
  const SecretRotatedTopicArn = "arn:aws:sns:us-east-1:123456789012:topic";
  await expect(stack.deploy({ ...settings, parameters: { ...parameters, SecretRotatedTopicArn } })).rejects.toThrow(
    refusal,
  );
});

test("a service with the longest name has its queues", async () => {
  const ServiceName = "n".repeat(52);
  const { outputs } = await stack.deploy();
  const SecretRotatedTopicArn = outputs["SecretRotatedTopicArn"] ?? "";
  const parameters = { SecretRotatedTopicArn, ServiceName, SecretNames: "a" };
  const made = await stack.deploy({ templatePath: template("service-queue"), stackName: "longest", parameters });
  expect(made.outputs["QueueArn"]).toContain(ServiceName);
});

test.each(files)("CloudFormation takes the functions, sections and sizes of %s", (file) => {
  expect(() => checkTemplate(readTemplate(readFileSync(resolve(root, file), "utf8")))).not.toThrow();
});

test("what is forwarded to a region's bus reaches the queue of an instance there", async () => {
  const SenderRoleArns = `arn:aws:iam::${stack.accountId}:role/rekey-AnnounceChange*`;
  const parameters = { EventBusName: "there", SenderRoleArns };
  const { outputs } = await stack.deploy({ templatePath: template("replica-region"), stackName: "there", parameters });
  const queue = await createSubscriberQueue({ sqs, sns, topicArn: outputs["SecretRotatedTopicArn"] ?? "" });
  const detail = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf", versionId: "v2" };
  for (const DetailType of ["Secret Replicated", "Secret Rotated"]) {
    const entry = { EventBusName: "there", Source: "rekey", DetailType, Detail: JSON.stringify(detail) };
    await events.send(new PutEventsCommand({ Entries: [entry] }));
  }
  expect(await heard(queue.queueUrl)).toBe("v2");
  await queue.remove();
});

test.each(readdirSync(folder))("%s has an alarm that says what to do for each queue of what was given up", (file) => {
  const { Resources } = readTemplate(readFileSync(resolve(folder, file), "utf8"));
  const ofType = (type: string) => Object.entries(Resources).filter(([, { Type }]) => Type === type);
  const lost = ofType("AWS::SQS::Queue").filter(([id]) => /^(?:DeadLetter|UndeliveredEvents)Queue$/.test(id));
  const alarms = ofType("AWS::CloudWatch::Alarm").map(([, alarm]) => record(alarm, "Properties"));
  expect(lost).toHaveLength(1);
  expect(JSON.stringify(alarms.map(({ Dimensions }) => Dimensions))).toContain(`"${lost[0]?.[0]}","QueueName"`);
  for (const { AlarmDescription } of alarms) expect(JSON.stringify(AlarmDescription)).toMatch(/\. \S/u);
});
