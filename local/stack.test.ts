import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, expect, test } from "vitest";
import { isMembers, record } from "./aws/members.ts";
import { startStack, type Stack } from "./stack.ts";

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open() {
  const stack = await startStack({ vaultToken: "canary-root-token" });
  const clients = {
    events: new EventBridgeClient(stack.clientConfig),
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

test("the repository's template carries an event through bus, queue and function to Vault, and to a subscriber", async () => {
  const { stack, events, secrets, sns, sqs } = await open();
  const { outputs } = await stack.deploy();
  const secretArn = await createSecret(secrets, "db/orders");
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

  await events.send(rotated(secretArn));
  await expect.poll(() => inVault(stack, "db/orders"), { timeout: 10_000 }).toMatchObject({ password: "canary-pass" });
  await expect.poll(() => stack.sqs.queue(queueArn("subscriber"))?.messages().length).toBe(1);
  await expect.poll(() => stack.sqs.queue(queueArn("rekey-MirrorQueue"))?.messages()).toEqual([]);
  await stack.lambda.idle();
  const printed = JSON.stringify([stack.lambda.logs, stack.aws.requests]);
  expect(printed).toContain("mirror-to-vault");
  expect(printed).not.toMatch(/canary/u);
});

test("a function may read the secrets of the pattern and no other; what it may not mirror ends in the dead-letter queue", async () => {
  const { stack, events, secrets } = await open();
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-??????";
  await stack.deploy({ parameters: { SecretArnPattern } });
  const [allowed, other] = [await createSecret(secrets, "db/orders"), await createSecret(secrets, "db/orders-old")];
  await events.send(rotated(allowed));
  await events.send(rotated(other));
  await expect.poll(() => inVault(stack, "db/orders"), { timeout: 10_000 }).toBeDefined();
  const dead = stack.sqs.queue(queueArn("rekey-DeadLetterQueue"));
  await expect
    .poll(
      async () => {
        await stack.lambda.idle();
        await stack.clock.advance(180_000);
        return dead?.messages().length;
      },
      { timeout: 20_000 },
    )
    .toBe(1);
  expect(await inVault(stack, "db/orders-old")).toBeUndefined();
  const denied = stack.aws.requests.filter(({ errorType }) => errorType === "AccessDeniedException");
  expect(denied.map(({ resources }) => resources)).toEqual(Array.from({ length: 5 }, () => [other]));
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
  await expect.poll(() => JSON.stringify(logged()), { timeout: 10_000 }).toContain('\\"step\\":\\"createSecret\\"');
  expect(JSON.stringify(logged())).not.toContain("canary-pass");
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
