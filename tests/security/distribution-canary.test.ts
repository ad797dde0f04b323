import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack } from "../../local/stack.ts";

const canary = "canary-5e1b";
const soon = { timeout: 60_000 };

test("no value is in an event, a queue, a log or a request's record, when it is put by hand, mirrored, lost and found again", async () => {
  const stack = await startStack({ vaultToken: `${canary}-token` });
  const events: EventEnvelope[] = [];
  stack.eventBridge.onEvent((_bus, event) => void events.push(event));
  const secrets = new SecretsManager(stack.clientConfig);
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    sqs.destroy();
    await stack.stop();
  });
  await stack.deploy();
  const told = (type: string) => events.filter((event) => event["detail-type"] === type).length;
  const SecretString = JSON.stringify({ engine: "postgres", username: "app", password: canary, host: "127.0.0.1" });
  await secrets.createSecret({ Name: "db/app", SecretString });
  await expect.poll(() => told("Secret Mirrored"), soon).toBeGreaterThan(0);
  const headers = { "x-vault-token": stack.vault.rootToken };
  await fetch(`${stack.vault.address}/v1/secret/data/db/app`, { method: "DELETE", headers });
  const QueueUrl = `${stack.aws.endpoint}/123456789012/rekey-ReconcileQueue`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  await expect.poll(() => told("Secret Finding"), soon).toBeGreaterThan(0);
  await stack.vault.stop();
  await secrets.putSecretValue({ SecretId: "db/app", SecretString: SecretString.replace("app", "app2") });
  await expect.poll(() => JSON.stringify(stack.lambda.logs), soon).toContain("mirror-unavailable");
  await stack.lambda.idle();

  const queues = ["Mirror", "Announce", "Retire", "Reconcile", "DeadLetter", "UndeliveredEvents"];
  const waiting = queues.flatMap((name) => {
    const arn = `arn:aws:sqs:us-east-1:123456789012:rekey-${name}Queue`;
    const messages = stack.sqs.queue(arn)?.messages();
    expect(messages).toBeDefined();
    return (messages ?? []).map(({ body, attributes }) => ({ body, attributes }));
  });
  expect(waiting.length).toBeGreaterThan(0);
  expect(JSON.stringify([events, waiting, stack.lambda.logs, stack.aws.requests])).not.toContain(canary);
});
