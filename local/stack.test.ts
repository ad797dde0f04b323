import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, expect, test } from "vitest";
import { isMembers } from "../shared/answers/members.ts";
import { record } from "./aws/members.ts";
import type { IssuedCredentials } from "./aws/principals.ts";
import { startStack, type Stack } from "./stack.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open() {
  const stack = await startStack({ vaultToken: "canary-root-token" });
  const clients = {
    secrets: new SecretsManagerClient(stack.clientConfig),
    sns: new SNSClient(stack.clientConfig),
    sqs: new SQSClient(stack.clientConfig),
  };
  opened.push(() => stack.stop());
  for (const client of Object.values(clients)) opened.push(() => client.destroy());
  return { stack, ...clients };
}

const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;
async function createSecret(secrets: SecretsManagerClient, Name: string): Promise<string> {
  const SecretString = JSON.stringify({
    engine: "postgres",
    host: "127.0.0.1",
    username: "u",
    password: "canary-pass",
  });
  return (await secrets.send(new CreateSecretCommand({ Name, SecretString }))).ARN ?? "";
}
const rotated = (secretArn: string): PutEventsCommand =>
  new PutEventsCommand({
    Entries: [
      {
        EventBusName: "rekey",
        Source: "rekey",
        DetailType: "Secret Rotated",
        Detail: JSON.stringify({ secretArn }),
        Resources: [secretArn],
      },
    ],
  });
async function inVault(stack: Stack, path: string): Promise<unknown> {
  const headers = { "x-vault-token": stack.vault.rootToken };
  const answer = await fetch(`${stack.vault.address}/v1/secret/data/${path}`, { headers });
  const body: unknown = await answer.json();
  return isMembers(body) && answer.ok ? record(body, "data")["data"] : undefined;
}

/** As the function that announces changes, from which the bus takes them. */
async function announce(stack: Stack, secretArn: string): Promise<void> {
  const policy = { Statement: { Effect: "Allow", Action: "events:PutEvents", Resource: "*" } } as const;
  const credentials = stack.aws.principals.assumeRole("rekey-AnnounceChangeRole", "session", [policy]);
  const events = new EventBridgeClient({ ...stack.clientConfig, credentials });
  await events.send(rotated(secretArn));
  events.destroy();
}

test("the repository's template carries an event through bus, queue and function to Vault, and to a subscriber", async () => {
  const { stack, secrets, sns, sqs } = await open();
  const secretArn = await createSecret(secrets, "db/orders");
  const { outputs } = await stack.deploy();
  const Statement = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: "*",
  };
  const Attributes = { Policy: JSON.stringify({ Statement }) };
  await sqs.send(new CreateQueueCommand({ QueueName: "subscriber", Attributes }));
  const TopicArn = outputs["SecretRotatedTopicArn"];
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("subscriber") }));

  await announce(stack, secretArn);
  await expect.poll(() => inVault(stack, "db/orders"), soon).toMatchObject({ password: "canary-pass" });
  await expect.poll(() => stack.sqs.queue(queueArn("subscriber"))?.messages().length, soon).toBe(1);
  await expect.poll(() => stack.sqs.queue(queueArn("rekey-MirrorQueue"))?.messages(), soon).toEqual([]);
  await stack.lambda.idle();
  const printed = JSON.stringify([stack.lambda.logs, stack.aws.requests]);
  expect(printed).toContain("mirror-to-vault");
  expect(printed).not.toMatch(/canary/u);
});

test("a function mirrors the secrets of the pattern, and asks nothing about another", async () => {
  const { stack, secrets } = await open();
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-??????";
  await stack.deploy({ parameters: { SecretArnPattern } });
  const [allowed, other] = [await createSecret(secrets, "db/orders"), await createSecret(secrets, "db/orders-old")];
  for (const secretArn of [other, allowed]) await announce(stack, secretArn);
  await expect.poll(() => inVault(stack, "db/orders"), soon).toBeDefined();
  await expect.poll(() => stack.sqs.queue(queueArn("rekey-MirrorQueue"))?.messages(), soon).toEqual([]);
  await stack.lambda.idle();
  expect(await inVault(stack, "db/orders-old")).toBeUndefined();
  const asked = stack.aws.requests.filter(({ principalArn }) => principalArn.includes("assumed-role/"));
  expect(asked.filter(({ resources }) => resources.includes(other))).toEqual([]);
});

test("Secrets Manager invokes the deployed rotation function, whose failure names an unreachable database", async () => {
  const { stack, secrets } = await open();
  const { outputs } = await stack.deploy();
  const SecretId = await createSecret(secrets, "db/orders");
  const RotationLambdaARN = outputs["RotatePostgresArn"];
  await secrets.send(
    new RotateSecretCommand({ SecretId, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } }),
  );
  const logged = () => stack.lambda.logs.filter(({ functionName }) => functionName === "rekey-rotate-postgres");
  await expect.poll(() => JSON.stringify(logged()), soon).toContain('\\"step\\":\\"createSecret\\"');
  expect(JSON.stringify(logged())).not.toContain("canary-pass");
});

test("the template puts a secret that it is told of on a schedule, without rotating it at once", async () => {
  const { stack, secrets } = await open();
  const RotatedSecretArn = await createSecret(secrets, "db/orders");
  const { outputs } = await stack.deploy({ parameters: { RotatedSecretArn, RotationSchedule: "rate(10 days)" } });
  const described = await secrets.send(new DescribeSecretCommand({ SecretId: RotatedSecretArn }));
  expect(described).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN: outputs["RotatePostgresArn"],
    RotationRules: { ScheduleExpression: "rate(10 days)" },
  });
});

test("without a Vault the template has no mirror, and all the rest", async () => {
  const { stack } = await open();
  const { outputs, resources } = await stack.deploy({ parameters: { VaultAddress: "" } });
  expect(Object.keys(outputs)).not.toContain("MirrorQueueUrl");
  expect(resources.has("MirrorToVaultFunction")).toBe(false);
  expect(outputs["SecretRotatedTopicArn"]).toBeDefined();
});

test("a signature over a REST path and over a form is verified, and each protocol has its own words for a refusal", async () => {
  const { stack } = await open();
  const { outputs } = await stack.deploy({ parameters: { OperatorRoleArns: "arn:aws:iam::123456789012:user/*" } });
  const topic = outputs["SecretRotatedTopicArn"];
  const ask = async (credentials: IssuedCredentials) => {
    const lambda = new LambdaClient({ ...stack.clientConfig, credentials });
    const sns = new SNSClient({ ...stack.clientConfig, credentials });
    opened.push(
      () => lambda.destroy(),
      () => sns.destroy(),
    );
    const told = (error: unknown) => (error instanceof Error ? error.name : "");
    return Promise.all([
      lambda.send(new InvokeCommand({ FunctionName: outputs["RotatePostgresArn"], Payload: "{}" })).catch(told),
      sns.send(new PublishCommand({ TopicArn: topic, Message: "a b+c ~*é", Subject: "x&y" })).catch(told),
    ]);
  };
  const user = (Effect: "Allow" | "Deny") =>
    stack.aws.principals.createUser(`user-${Effect}`, [{ Statement: { Effect, Action: "*", Resource: "*" } }]);
  expect(await ask(user("Allow"))).toMatchObject([{ StatusCode: 200 }, { MessageId: expect.any(String) }]);
  const forged = { ...user("Allow"), secretAccessKey: "guessed" };
  expect(await ask(forged)).toEqual(["InvalidSignatureException", "SignatureDoesNotMatch"]);
  expect(await ask(user("Deny"))).toEqual(["AccessDeniedException", "AuthorizationErrorException"]);
  expect(stack.aws.requests.filter(({ status }) => status === 403)).toHaveLength(4);
});

test("a stopped stack has left its ports", async () => {
  const stack = await startStack();
  const { endpoint } = stack.aws;
  const { address } = stack.vault;
  await stack.deploy();
  await stack.stop();
  await expect(fetch(endpoint)).rejects.toThrow("fetch failed");
  await expect(fetch(address)).rejects.toThrow("fetch failed");
});
