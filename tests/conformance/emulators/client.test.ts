import { randomUUID } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateTopicCommand, ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import type { SecretNotice } from "../../../shared/client/invalidation/invalidation-source.ts";
import { noticeInMessage } from "../../../shared/client/invalidation/notice-in-message.ts";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { createSubscriberQueue } from "../../../shared/client/invalidation/subscriber-queue.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { eventBridgePublisher } from "../../../shared/aws/eventbridge/event-publisher.ts";
import { secretNameIn } from "../../../shared/rotation/secret-name.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { addRule, newBus, openQueue, takeMessage } from "../../support/aws-wiring.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

/** How long a notice may take on a busy machine. */
const soon = { timeout: 60_000 };

interface Service {
  readonly secretsManager: SecretsManagerClient;
  readonly events: EventBridgeClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly client: SecretClient;
  readonly secretArn: string;
  /** Stores another value by hand. Returns its version. */
  change(text: string): Promise<string>;
}

async function withService(aws: AwsUnderTest, work: (service: Service) => Promise<void>): Promise<void> {
  const secretsManager = new SecretsManagerClient(aws.clientConfig);
  const events = new EventBridgeClient(aws.clientConfig);
  const sns = new SNSClient(aws.clientConfig);
  const sqs = new SQSClient(aws.clientConfig);
  using client = createSecretClient({ source: secretsManagerStore(secretsManager) });
  try {
    const Name = `client/${randomUUID().slice(0, 8)}`;
    const { ARN = "" } = await secretsManager.send(new CreateSecretCommand({ Name, SecretString: "first" }));
    const change = async (SecretString: string): Promise<string> =>
      (await secretsManager.send(new PutSecretValueCommand({ SecretId: ARN, SecretString }))).VersionId ?? "";
    await work({ secretsManager, events, sns, sqs, client, secretArn: ARN, change });
  } finally {
    for (const sdk of [secretsManager, events, sns, sqs]) sdk.destroy();
  }
}

/** A topic that EventBridge may publish to. */
async function newTopic(sns: SNSClient): Promise<string> {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sns:Publish",
    Resource: "*",
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const Name = `topic-${randomUUID().slice(0, 8)}`;
  return (await sns.send(new CreateTopicCommand({ Name, Attributes: { Policy } }))).TopicArn ?? "";
}

/** Reads a queue until a notice of the version is there, and gives it. */
async function noticeOf(
  sqs: SQSClient,
  queueUrl: string,
  versionId: string,
  onNotice: (notice: SecretNotice) => void = () => undefined,
): Promise<SecretNotice | undefined> {
  const notices: SecretNotice[] = [];
  const source = sqsSource({ sqs, queueUrl }).start({
    notice: (notice) => {
      notices.push(notice);
      onNotice(notice);
    },
    gap: () => undefined,
    error: () => undefined,
  });
  try {
    const wanted = (): SecretNotice | undefined => notices.find((notice) => notice.versionId === versionId);
    await expect.poll(wanted, soon).toBeDefined();
    return wanted();
  } finally {
    await source.stop();
  }
}

onEveryAwsServer("client", {
  "a value is read once, and again when it is asked for": async (aws) =>
    withService(aws, async ({ client, secretArn, change }) => {
      const rotated: string[] = [];
      client.on("rotated", ({ version }) => rotated.push(version.versionId));
      const first = await client.get(secretArn);
      const second = await change("second");
      expect(await client.get(secretArn)).toBe(first);
      expect(client.peek(secretArn)?.value.reveal()).toBe("first");
      expect((await client.refresh(secretArn)).value.reveal()).toBe("second");
      expect((await client.get(secretArn)).versionId).toBe(second);
      expect(rotated).toEqual([second]);
    }),

  "pending is AWSPENDING as it is now": async (aws) =>
    withService(aws, async ({ client, secretsManager, secretArn }) => {
      const versionId = randomUUID();
      const request = { step: "createSecret", secretId: secretArn, versionId } as const;
      const { value } = await client.get(secretArn);
      await secretsManagerStore(secretsManager).putPending(request, value, inTime());
      expect((await client.pending(secretArn))?.versionId).toBe(versionId);
      expect((await client.get(secretArn)).versionId).not.toBe(versionId);
    }),

  "a notice through SNS and the subscriber's queue brings the new value": async (aws) =>
    withService(aws, async ({ client, secretArn, change, sns, sqs }) => {
      const topicArn = await newTopic(sns);
      const queue = await createSubscriberQueue({ sqs, sns, topicArn });
      const { versionId: previousVersionId } = await client.get(secretArn);
      const versionId = await change("second");
      const detail = { secretArn, versionId, previousVersionId };
      const Message = JSON.stringify({ "detail-type": "Secret Rotated", detail });
      await sns.send(new PublishCommand({ TopicArn: topicArn, Message }));
      const notice = await noticeOf(sqs, queue.queueUrl, versionId, (said) =>
        client.invalidate(said.secretArn, { atLeast: said.versionId }),
      );
      expect(notice).toMatchObject(detail);
      expect((await client.get(secretArn)).value.reveal()).toBe("second");
      await queue.remove();
    }),

  "a queue for some secrets gets their events alone": async (aws) =>
    withService(aws, async ({ secretArn, sns, sqs }) => {
      const topicArn = await newTopic(sns);
      const secrets = [secretArn, "team/*"];
      const queue = await createSubscriberQueue({ sqs, sns, topicArn, secrets });
      expect(queue.isFiltered).toBe(true);
      const announce = async (secretName: string): Promise<string> => {
        const detail = { secretArn: `${secretArn}-of-any`, secretName, versionId: randomUUID() };
        const Message = JSON.stringify({ "detail-type": "Secret Rotated", detail });
        await sns.send(new PublishCommand({ TopicArn: topicArn, Message }));
        return detail.versionId;
      };
      await announce("another");
      const own = await announce(secretNameIn(secretArn));
      const team = await announce("team/orders");
      const heard: string[] = [];
      for (let received = 0; received < 2; received += 1) {
        heard.push(noticeInMessage((await takeMessage(sqs, queue.queueUrl)) ?? "")?.versionId ?? "nothing came");
      }
      expect(heard.sort()).toEqual([own, team].sort());
      await queue.remove();
    }),

  "a removed subscriber leaves neither a queue nor a subscription": async (aws) =>
    withService(aws, async ({ sns, sqs }) => {
      const topicArn = await newTopic(sns);
      const queue = await createSubscriberQueue({ sqs, sns, topicArn });
      const subscriptions = async (): Promise<number> =>
        (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }))).Subscriptions?.length ?? 0;
      const queues = async (): Promise<readonly string[]> =>
        (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];
      expect(await subscriptions()).toBe(1);
      expect(await queues()).toContain(queue.queueUrl);
      await queue.remove();
      expect(await subscriptions()).toBe(0);
      expect(await queues()).not.toContain(queue.queueUrl);
    }),

  "what rekey publishes reaches a subscriber through bus, rule and topic": async (aws) =>
    withService(aws, async ({ secretArn, events, sns, sqs }) => {
      const topicArn = await newTopic(sns);
      const bus = await newBus(events);
      await addRule(events, { bus, pattern: { source: ["rekey"] }, targetArn: topicArn });
      const queue = await createSubscriberQueue({ sqs, sns, topicArn });
      const versionId = randomUUID();
      const facts = { secretArn, secretName: "client", versionId, engine: "postgres" };
      await eventBridgePublisher(events, bus).publish(
        { type: "Secret Rotated", origin: "rotation", strategy: "single-user", ...facts },
        inTime(),
      );
      expect(await noticeOf(sqs, queue.queueUrl, versionId)).toMatchObject({ secretArn, versionId });
      await queue.remove();
    }),

  "Secrets Manager itself announces a new AWSCURRENT on the default bus": async (aws) =>
    withService(aws, async ({ secretArn, change, events, sqs }) => {
      const queue = await openQueue(sqs);
      const pattern = { source: ["aws.secretsmanager"], detail: { labelUpdated: ["AWSCURRENT"] } };
      await addRule(events, { bus: "default", pattern, targetArn: queue.arn });
      const versionId = await change("second");
      const message = await takeMessage(sqs, queue.url);
      expect(noticeInMessage(message ?? "nothing came")).toMatchObject({ secretArn, versionId });
    }),
});
