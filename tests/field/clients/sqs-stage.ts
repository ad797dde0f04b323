import { randomUUID } from "node:crypto";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  SendMessageCommand,
  SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import type { ClientHealth } from "../../../shared/client/health.ts";
import { type SqsSourceOptions, sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import type { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type StallingProxy, startStallingProxy } from "../../support/stalling-proxy.ts";

export type Subscription = ClientHealth["subscriptions"][number];

/** A service with a queue, whose polls reach SQS through a path that may die. */
export interface SqsStage {
  readonly stack: Stack;
  readonly proxy: StallingProxy;
  readonly client: SecretClient;
  readonly secretArn: string;
  readonly queueName: string;
  /** Errors that listeners were told of. */
  readonly errors: RekeyError[];
  subscription(): Subscription | undefined;
  createQueue(): Promise<void>;
  deleteQueue(): Promise<void>;
  send(body: string): Promise<void>;
  /** Stores another value, and sends the event where `silently` is not set. Returns its VersionId. */
  rotate(silently?: "silently"): Promise<string>;
  /** The version that a read gets. */
  held(): Promise<string>;
}

/** Short enough for a test: a long poll waits 2 s. */
export const timeouts = { receiveTimeoutMs: 3_000, requestTimeoutMs: 1_000 } as const;
/** For everything that must happen at some time on a busy machine. */
export const soon = { timeout: 60_000, interval: 50 };

export async function sqsStage(
  config: SQSClientConfig = {},
  options: Partial<SqsSourceOptions> = {},
): Promise<SqsStage> {
  let awsPort = 0;
  const proxy = await startStallingProxy(() => awsPort);
  const stack = await startStack({ allowedHosts: [`127.0.0.1:${proxy.port}`] });
  awsPort = Number(new URL(stack.aws.endpoint).port);
  onTestFinished(async () => {
    await proxy.stop();
    await stack.stop();
  });
  const secrets = new SecretsManagerClient(stack.clientConfig);
  const sender = new SQSClient(stack.clientConfig);
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  const sqs = new SQSClient({ ...stack.clientConfig, endpoint, maxAttempts: 1, ...config });
  onTestFinished(() => [secrets, sender, sqs].forEach((each) => each.destroy()));

  const Name = `prod/orders-${randomUUID().slice(0, 8)}`;
  const { ARN: secretArn = "" } = await secrets.send(new CreateSecretCommand({ Name, SecretString: "first" }));
  const queueName = `rekey-subscriber-${randomUUID()}`;
  const createQueue = async (): Promise<string> =>
    (await sender.send(new CreateQueueCommand({ QueueName: queueName }))).QueueUrl ?? "";
  const queueUrl = await createQueue();
  const client = createSecretClient({ source: secretsManagerSource(secrets), spreadMs: 0, ttlMs: 3_600_000 });
  onTestFinished(async () => client.close());
  const errors: RekeyError[] = [];
  client.on("error", ({ error }) => errors.push(error));
  await client.get(secretArn);
  client.subscribe(sqsSource({ sqs, queueUrl, ...timeouts, ...options }));
  const send = async (MessageBody: string): Promise<void> => {
    await sender.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  };

  return {
    stack,
    proxy,
    client,
    secretArn,
    queueName,
    errors,
    subscription: () => client.health().subscriptions[0],
    createQueue: async () => void (await createQueue()),
    async deleteQueue() {
      await sender.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    },
    send,
    async rotate(silently) {
      const { VersionId: versionId = "" } = await secrets.send(
        new PutSecretValueCommand({ SecretId: secretArn, SecretString: randomUUID() }),
      );
      if (silently === undefined) {
        const detail = { secretArn, versionId, at: new Date().toISOString() };
        await send(JSON.stringify({ "detail-type": "Secret Rotated", source: "rekey", detail }));
      }
      return versionId;
    },
    held: async () => (await client.get(secretArn)).versionId,
  };
}
