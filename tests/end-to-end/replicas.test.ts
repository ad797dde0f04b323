import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack } from "../../local/stack.ts";
import type { InvalidationSource } from "../../shared/client/invalidation/invalidation-source.ts";
import { noticeInMessage } from "../../shared/client/invalidation/notice-in-message.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";

const soon = { timeout: 60_000 };
const there = "eu-west-1";
const ReplicaBusArn = `arn:aws:events:${there}:123456789012:event-bus/rekey`;
/** The visibility timeout of announce-change's queue. */
const lookAgainMs = 60_000;

async function open() {
  const stack = await startStack();
  const secrets = new SecretsManager(stack.clientConfig);
  const replica = new SecretsManager({ ...stack.clientConfig, region: there });
  const events = new EventBridgeClient({ ...stack.clientConfig, region: there });
  const arrived: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event, region) => bus === "rekey" && region === there && arrived.push(event));
  onTestFinished(async () => {
    for (const client of [secrets, replica, events]) client.destroy();
    await stack.stop();
  });
  const create = async (): Promise<string> => {
    const AddReplicaRegions = [{ Region: there }];
    return (await secrets.createSecret({ Name: "db/app", SecretString: "first", AddReplicaRegions })).ARN ?? "";
  };
  const ofType = (type: string) => arrived.filter((event) => event["detail-type"] === type);
  return { stack, secrets, replica, events, create, ofType };
}

test("a service beside a replica that lags is told of the version, never serves an older one, and gets it when the replica has it", async () => {
  const { stack, secrets, replica, events, create, ofType } = await open();
  await events.send(new CreateEventBusCommand({ Name: "rekey" }));
  await stack.deploy({ parameters: { ReplicaBusArn } });
  const secretId = await create();
  await expect.poll(() => ofType("Secret Replicated").length, soon).toBe(1);

  /** What the region's topic would bring into the instance's queue. */
  const regional: InvalidationSource = {
    start(sink) {
      const stop = stack.eventBridge.onEvent((_bus, event, region) => {
        const notice = region === there ? noticeInMessage(JSON.stringify(event)) : undefined;
        if (notice !== undefined) void sink.notice(notice);
      });
      return { stop: async () => stop() };
    },
  };
  await using client = createSecretClient({ source: secretsManagerSource(replica), spreadMs: 0, background: false });
  client.subscribe(regional);
  const ownArn = secretId.replace("us-east-1", there);
  expect((await client.get(ownArn)).value.reveal()).toBe("first");

  const letGo = stack.secretsManager.holdReplica(secretId, there);
  const { VersionId = "" } = await secrets.putSecretValue({ SecretId: secretId, SecretString: "second" });
  await expect.poll(() => ofType("Secret Rotated").at(-1)?.detail["versionId"], soon).toBe(VersionId);
  expect(ofType("Secret Rotated").at(-1)).toMatchObject({ region: "us-east-1", detail: { secretArn: secretId } });
  await expect.poll(() => JSON.stringify(stack.lambda.logs), soon).toContain("behind");
  expect(client.peek(ownArn)?.versionId).not.toBe(VersionId);

  const read = client.get(ownArn);
  await expect
    .poll(() => stack.aws.requests.filter(({ operation }) => operation === "GetSecretValue").length, soon)
    .toBeGreaterThan(2);
  letGo();
  expect((await read).versionId).toBe(VersionId);

  expect(ofType("Secret Replicated")).toHaveLength(1);
  await stack.lambda.idle();
  await stack.clock.advance(lookAgainMs);
  await expect
    .poll(() => ofType("Secret Replicated").at(-1)?.detail, soon)
    .toMatchObject({
      versionId: VersionId,
      regionsInSync: [there],
      regionsBehind: [],
      regionsFailed: [],
    });
});

test("a replica that stays behind is named after some minutes, and is not looked at for ever", async () => {
  const { stack, secrets, events, create, ofType } = await open();
  await events.send(new CreateEventBusCommand({ Name: "rekey" }));
  await stack.deploy({ parameters: { ReplicaBusArn } });
  const secretId = await create();
  await expect.poll(() => ofType("Secret Replicated").length, soon).toBe(1);
  stack.secretsManager.holdReplica(secretId, there);
  const { VersionId } = await secrets.putSecretValue({ SecretId: secretId, SecretString: "second" });
  const looks = () => JSON.stringify(stack.lambda.logs).split('behind\\"').length - 1;
  for (let look = 1; look <= 4; look += 1) {
    await expect.poll(looks, soon).toBe(look);
    await stack.lambda.idle();
    await stack.clock.advance(lookAgainMs);
  }
  await expect
    .poll(() => ofType("Secret Replicated").at(-1)?.detail, soon)
    .toMatchObject({
      versionId: VersionId,
      regionsInSync: [],
      regionsBehind: [there],
    });
});

test("an event for a region whose bus is not there waits in the queue of undelivered events", async () => {
  const { stack, create } = await open();
  const { resources } = await stack.deploy({ parameters: { ReplicaBusArn } });
  await create();
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(() => sqs.destroy());
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const QueueUrl = resources.get("UndeliveredEventsQueue")?.ref;
  const waiting = async (): Promise<number> => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Number(Attributes?.["ApproximateNumberOfMessages"]);
  };
  await expect.poll(waiting, soon).toBeGreaterThan(0);
});
