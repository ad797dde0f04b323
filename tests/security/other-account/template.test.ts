import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SNS } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rotationFunctions } from "../../../deploy/template/functions/rotation.ts";
import { type Stack, startStack } from "../../../local/stack.ts";

const root = resolve(import.meta.dirname, "../../..");
const friend = "210987654321";
const stranger = "999999999999";
let stack: Stack;
let topicArn = "";
let functionArns: readonly string[] = [];
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  stack = await startStack();
  const { outputs } = await stack.deploy({ parameters: { SubscriberAccountIds: friend } });
  topicArn = outputs["SecretRotatedTopicArn"] ?? "";
  functionArns = Object.values(outputs).filter((value) => /:function:rekey-rotate-/u.test(value));
  await stack.deploy({
    templatePath: resolve(root, "templates/accounts/permissions.yaml"),
    stackName: "rekey-of-the-friend",
    parameters: { RekeyStackName: "rekey", SecretsAccountId: friend },
  });
  await stack.deploy({
    templatePath: resolve(root, "templates/subscribers/replica-region.yaml"),
    stackName: "there",
    parameters: {
      EventBusName: "there",
      SenderRoleArns: `arn:aws:iam::${friend}:role/rekey-ReplicaBusesRole-*`,
      SenderAccountId: friend,
    },
  });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await stack.stop();
});

/** A role of that account which its own account allows everything. */
function configOf(account: string, roleName = "app") {
  const everything = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } } as const;
  const credentials = stack.aws.principals.assumeRole(roleName, "session", [everything], {}, account);
  return { ...stack.clientConfig, credentials, maxAttempts: 1 };
}
function sns(account: string): SNS {
  const client = new SNS(configOf(account));
  clients.push(client);
  return client;
}
const subscription = (Protocol: string, Endpoint: string) => ({ TopicArn: topicArn, Protocol, Endpoint });

test("Secrets Manager may invoke every rotation function for secrets of rekey's own account and of one with permissions, and of no other", () => {
  const accountsOf = (functionArn: string): readonly string[] =>
    ["123456789012", friend, stranger].filter((account) => {
      const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret:db/orders-AbCdEf`;
      return stack.lambda.mayInvoke(functionArn, "secretsmanager.amazonaws.com", secret, account);
    });
  expect(functionArns).toHaveLength(rotationFunctions.filter(({ condition }) => condition === "Rotates").length);
  for (const functionArn of functionArns) expect(accountsOf(functionArn)).toEqual(["123456789012", friend]);
});

test("an account that is named subscribes a queue of its own, and another one does not", async () => {
  const queue = (account: string): string => `arn:aws:sqs:us-east-1:${account}:orders-secret-rotated`;
  await expect(sns(friend).subscribe(subscription("sqs", queue(friend)))).resolves.toHaveProperty("SubscriptionArn");
  const refused = sns(stranger).subscribe(subscription("sqs", queue(stranger)));
  await expect(refused).rejects.toMatchObject({ name: "AuthorizationErrorException" });
});

test("it subscribes no mail and no telephone, and publishes nothing", async () => {
  const client = sns(friend);
  for (const [protocol, endpoint] of [
    ["email", "a@example.com"],
    ["sms", "+15550100"],
  ] as const) {
    const refused = client.subscribe(subscription(protocol, endpoint));
    await expect(refused).rejects.toMatchObject({ name: "AuthorizationErrorException" });
  }
  const published = client.publish({ TopicArn: topicArn, Message: "{}" });
  await expect(published).rejects.toMatchObject({ name: "AuthorizationErrorException" });
});

test.each([
  [friend, "rekey-ReplicaBusesRole-1AB", "rekey", true],
  [friend, "rekey-ReplicaBusesRole-1AB", "orders", false],
  [friend, "app", "rekey", false],
  [stranger, "rekey-ReplicaBusesRole-1AB", "rekey", false],
])("account %s's role %s puts an event of %s on the other bus: %s", async (account, role, Source, taken) => {
  const client = new EventBridge(configOf(account, role));
  clients.push(client);
  const Detail = JSON.stringify({ versionId: randomUUID() });
  const put = client.putEvents({ Entries: [{ EventBusName: "there", Source, DetailType: "Secret Rotated", Detail }] });
  const outcome = await put.then(
    ({ FailedEntryCount }) => FailedEntryCount === 0,
    () => false,
  );
  expect(outcome).toBe(taken);
});
