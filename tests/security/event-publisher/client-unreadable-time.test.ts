import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { createClient } from "@redis/client";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import type { SecretNotice } from "../../../shared/client/invalidation/invalidation-source.ts";
import { redisSource } from "../../../shared/client/invalidation/redis-source.ts";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { redisServer, startRedis } from "../../support/redis.ts";

const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf";
const event = (versionId: string, at: unknown): string =>
  JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn, versionId, at } });
/** An object that JavaScript cannot make text. */
const unreadable = event("v1", { toString: null });
const honest = event("v2", "2026-01-01T00:00:00Z");

/** What a source tells. */
function listening() {
  const told: string[] = [];
  const errors: string[] = [];
  const sink = {
    notice: ({ versionId }: SecretNotice) => void told.push(versionId),
    gap: () => undefined,
    error: ({ code }: { readonly code: string }) => void errors.push(code),
  };
  return { told, errors, sink };
}

test("A publisher sends an event with a time that cannot be read: the queue's other events are heard, and it is emptied", async () => {
  const stack = await startStack();
  onTestFinished(async () => stack.stop());
  const sqs = new SQSClient({
    endpoint: stack.aws.endpoint,
    region: stack.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  onTestFinished(() => sqs.destroy());
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "subscriber" }));
  const Entries = [unreadable, honest].map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const { told, errors, sink } = listening();
  const subscription = sqsSource({ sqs, queueUrl: QueueUrl }).start(sink);
  onTestFinished(async () => subscription.stop());
  await expect.poll(() => told, { timeout: 60_000 }).toContain("v2");
  const counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const waiting = async (): Promise<unknown> =>
    Object.values(
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...counts] }))).Attributes ?? {},
    );
  await expect.poll(waiting, { timeout: 60_000 }).toEqual(["0", "0"]);
  expect(errors).toEqual([]);
});

test.skipIf(redisServer === undefined)(
  "A publisher sends an event with a time that cannot be read: the events behind it on the connection are heard",
  async () => {
    const server = await startRedis(redisServer ?? "");
    onTestFinished(async () => server.stop());
    const { host, port, superuser } = server;
    const open = async () =>
      createClient({ ...superuser, socket: { host, port } })
        .on("error", () => undefined)
        .connect();
    const [redis, publisher] = [await open(), await open()];
    onTestFinished(() => [redis, publisher].forEach((client) => client.destroy()));
    const { told, errors, sink } = listening();
    redisSource({ redis, channel: "rekey" }).start(sink);
    await expect.poll(async () => server.admin("PUBSUB", "NUMSUB", "rekey")).toEqual(["rekey", 1]);
    await publisher.multi().publish("rekey", unreadable).publish("rekey", honest).exec();
    await expect.poll(() => told).toContain("v2");
    expect(errors).toEqual([]);
  },
);
