import { randomUUID } from "node:crypto";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";

const rotated = (detail: unknown): string => JSON.stringify({ "detail-type": "Secret Rotated", detail });

test("forged events of every kind ahead of a true one in the queue do not keep the client from hearing it", async () => {
  const stack = await startStack();
  onTestFinished(async () => stack.stop());
  const secrets = new SecretsManager(stack.clientConfig);
  const sqs = new SQS(stack.clientConfig);
  const { ARN: secretArn = "" } = await secrets.createSecret({ Name: "queued/forged", SecretString: "old" });
  const { QueueUrl = "" } = await sqs.createQueue({ QueueName: "forged" });
  const client = createSecretClient({ source: secretsManagerSource(secrets), spreadMs: 0 });
  onTestFinished(async () => {
    await client.close();
    sqs.destroy();
    secrets.destroy();
  });
  const { versionId: held } = await client.get(secretArn);
  client.subscribe(sqsSource({ sqs, queueUrl: QueueUrl }));
  const future = new Date(Date.now() + 86_400_000).toISOString();
  const forged = [
    "{",
    "null",
    rotated(null),
    rotated({ secretArn, versionId: 7 }),
    rotated({ secretArn: ["x"], versionId: randomUUID() }),
    rotated({ secretArn: "__proto__", versionId: "constructor", at: future }),
    `{"__proto__":{"detail-type":"Secret Rotated"},"detail":{"secretArn":"${secretArn}","versionId":"__proto__"}}`,
    rotated({ secretArn, versionId: held, previousVersionId: randomUUID(), at: future }),
    rotated({ secretArn, versionId: randomUUID(), at: future }),
    rotated({ secretArn, versionId: randomUUID(), previousVersionId: held, at: "soon" }),
    ...["Secret Deleted", "Secret Retired", "Secret Restored"].map((type) =>
      JSON.stringify({ "detail-type": type, detail: { secretArn, versionId: held, at: future } }),
    ),
  ];
  for (const MessageBody of forged) await sqs.sendMessage({ QueueUrl, MessageBody });
  const { VersionId = "" } = await secrets.putSecretValue({ SecretId: secretArn, SecretString: "new" });
  const at = new Date().toISOString();
  await sqs.sendMessage({ QueueUrl, MessageBody: rotated({ secretArn, versionId: VersionId, at }) });
  await expect.poll(() => client.peek(secretArn)?.versionId, { timeout: 60_000 }).toBe(VersionId);
});
