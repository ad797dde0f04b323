import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";

const soon = { timeout: 60_000 };
const key = "canary key of enough bytes";

/** Somebody who got past the policies of the bus and the queues: the event lies in a function's queue. */
describe("a forged event in the queue of a function", () => {
  let stack: Stack;
  let secrets: SecretsManager;
  let sqs: SQS;
  let redis: RedisUnderTest | undefined;
  let closeServer = (): void => undefined;
  const posted: string[] = [];
  const heard: string[] = [];
  let current: { readonly secretArn: string; readonly versionId: string };
  let closeSubscriber = (): void => undefined;

  beforeAll(async () => {
    const server = createServer((request, response) => {
      request.on("data", (chunk: Buffer) => posted.push(chunk.toString()));
      request.on("end", () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closeServer = () => void server.close();
    stack = await startStack();
    secrets = new SecretsManager(stack.clientConfig);
    sqs = new SQS(stack.clientConfig);
    const { ARN: WebhookKeySecretArn = "" } = await secrets.createSecret({ Name: "webhook-key", SecretString: key });
    const parameters: Record<string, string> = {
      SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*",
      WebhookUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      WebhookKeySecretArn,
      ReplicaBusArn: "arn:aws:events:eu-west-1:123456789012:event-bus/there",
      VaultAddress: stack.vault.address,
      VaultAuth: "token",
    };
    const vaultToken = await secrets.createSecret({ Name: "vault-token", SecretString: stack.vault.rootToken });
    parameters["VaultCredentialSecretArn"] = vaultToken.ARN ?? "";
    parameters["OperatorRoleArns"] = "arn:aws:iam::123456789012:root";
    if (redisServer !== undefined) {
      redis = await startRedis(redisServer);
      const { host, port, superuser } = redis;
      const value = { engine: "redis", host, port, ssl: false, ...superuser };
      const made = await secrets.createSecret({ Name: "redis-login", SecretString: JSON.stringify(value) });
      parameters["RedisSecretArn"] = made.ARN ?? "";
      const subscriber = createClient({ ...superuser, socket: { host, port } });
      subscriber.on("error", () => undefined);
      await subscriber.connect();
      await subscriber.subscribe("rekey", (message) => heard.push(message));
      closeSubscriber = () => subscriber.destroy();
    }
    await stack.deploy({ parameters });
    const { ARN = "", VersionId = "" } = await secrets.createSecret({ Name: "db/app", SecretString: "{}" });
    current = { secretArn: ARN, versionId: VersionId };
    await vi.waitUntil(() => posted.length === 1, soon);
    await stack.lambda.idle();
  });
  afterAll(async () => {
    closeSubscriber();
    secrets.destroy();
    sqs.destroy();
    await stack.stop();
    await redis?.stop();
    closeServer();
  });

  async function forge(queue: string, detail: object, type = "Secret Rotated"): Promise<number> {
    const { QueueUrl = "" } = await sqs.getQueueUrl({ QueueName: `rekey-${queue}` });
    const named = { schemaVersion: 1, secretName: "db/app", at: "2999-01-01T00:00:00.000Z", ...current, ...detail };
    const event = { source: "rekey", "detail-type": type, account: stack.accountId, detail: named };
    const asked = stack.aws.requests.length;
    await sqs.sendMessage({ QueueUrl, MessageBody: JSON.stringify(event) });
    return asked;
  }
  const linesOf = (name: string): number =>
    stack.lambda.logs.filter(({ functionName }) => functionName === name).length;
  /** The calls to Secrets Manager that a function made for it, to the end of its tries. */
  async function callsFor(name: string, queue: string, detail: object, type?: string): Promise<readonly string[]> {
    const before = linesOf(name);
    const asked = await forge(queue, detail, type);
    await expect.poll(() => linesOf(name), soon).toBeGreaterThan(before);
    for (let tries = 0; tries < 6; tries++) {
      await stack.lambda.idle();
      await stack.clock.advance(200_000);
    }
    await stack.lambda.idle();
    return stack.aws.requests
      .slice(asked)
      .filter(({ service, principalArn }) => service === "secretsmanager" && principalArn.includes("assumed-role"))
      .map(({ operation }) => operation);
  }
  const unknown = (): object => ({ versionId: randomUUID() });
  const foreign = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:payroll/db-AbCdEf" };

  test("a version that does not exist is not signed and posted to the webhook, and costs two questions", async () => {
    const before = posted.length;
    expect(await callsFor("rekey-notify-webhook", "WebhookQueue", unknown())).toEqual([
      "DescribeSecret",
      "DescribeSecret",
    ]);
    expect(posted.length).toBe(before);
  });

  test("a secret that is not the stack's is not posted to the webhook, and costs no question", async () => {
    const before = posted.length;
    expect(await callsFor("rekey-notify-webhook", "WebhookQueue", foreign)).toEqual([]);
    expect(posted.length).toBe(before);
  });

  test.skipIf(redisServer === undefined)("a version that does not exist is not published on Redis", async () => {
    const before = heard.length;
    expect(await callsFor("rekey-notify-redis", "RedisQueue", unknown())).toEqual(["DescribeSecret", "DescribeSecret"]);
    expect(await callsFor("rekey-notify-redis", "RedisQueue", foreign)).toEqual([]);
    expect(heard.length).toBe(before);
  });

  test.each(["Secret Rotated", "Secret Deleted"])(
    "%s of a secret that is not the stack's makes the mirror ask and change nothing",
    async (type) => {
      expect(await callsFor("rekey-mirror-to-vault", "MirrorQueue", foreign, type)).toEqual([]);
    },
  );

  test("a secret that is not the stack's makes announce-change ask nothing for its replicas", async () => {
    expect(await callsFor("rekey-announce-change", "AnnounceQueue", foreign)).toEqual([]);
  });
});
