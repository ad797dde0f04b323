import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { sqsSource } from "../../shared/client/invalidation/sqs-source.ts";
import { vaultPolling } from "../../shared/client/invalidation/vault-polling.ts";
import { secretsMiddleware } from "../../shared/client/middy/secrets-middleware.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import { type VaultSource, vaultSource } from "../../shared/client/sources/vault/vault-source.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { entryOf, inTime } from "../support/mirror-entries.ts";

const rootToken = "root-of-this-test";
let stack: Stack;
let sdk: SecretsManagerClient;
let vault: VaultSource;

beforeAll(async () => {
  stack = await startStack({ vaultToken: rootToken });
  sdk = new SecretsManagerClient({
    endpoint: stack.aws.endpoint,
    region: stack.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  vault = vaultSource({ address: stack.vault.address, login: { method: "token", token: new SecretValue(rootToken) } });
});
afterAll(async () => {
  sdk.destroy();
  await stack.stop();
});

const mirror = async (name: string, text: string, minute = 0): Promise<void> => {
  const login = { method: "token", token: new SecretValue(rootToken) } as const;
  const entry = entryOf(name, { text, minute });
  await vaultKv2Mirror(connectVault({ address: stack.vault.address, login })).write(entry, inTime());
};

test("Secrets Manager: names and ARNs are read in one batch, and each has its own outcome", async () => {
  const { ARN = "" } = await sdk.send(new CreateSecretCommand({ Name: "batch/one", SecretString: "1" }));
  await sdk.send(new CreateSecretCommand({ Name: "batch/two", SecretString: "2" }));
  await using client = createSecretClient({ source: secretsManagerSource(sdk) });
  await client.prefetch([ARN, "batch/two", "batch/missing"]);
  expect([client.peek(ARN), client.peek("batch/two")].map((version) => version?.value.reveal())).toEqual(["1", "2"]);
  await expect(client.get("batch/missing")).rejects.toMatchObject({
    code: "secret-not-found",
    retryAfterMs: expect.any(Number),
  });
});

test("Secrets Manager: AWSPREVIOUS and a pinned version are read", async () => {
  await sdk.send(new CreateSecretCommand({ Name: "stages", SecretString: "old" }));
  const { VersionId = "" } = await sdk.send(new PutSecretValueCommand({ SecretId: "stages", SecretString: "new" }));
  await using client = createSecretClient({ source: secretsManagerSource(sdk) });
  expect((await client.get("stages", { stage: "AWSPREVIOUS" })).value.reveal()).toBe("old");
  expect((await client.get("stages", { versionId: VersionId })).value.reveal()).toBe("new");
});

test.each(['{"username":"u","port":5432}', "plain text", '"quoted"'])(
  "Vault: what was mirrored is read as it was: %s",
  async (text) => {
    const name = `mirrored-${Buffer.from(text).toString("hex")}`;
    await mirror(name, text);
    await using client = createSecretClient({ source: vault });
    const { value, versionId } = await client.get(name);
    expect(value.reveal()).toBe(text);
    expect(versionId).toBe(entryOf(name).versionId);
  },
);

test("Vault: a key that is not there, and a name that Vault would not keep", async () => {
  await using client = createSecretClient({ source: vault });
  await expect(client.get("nowhere")).rejects.toMatchObject({ code: "secret-not-found" });
  await expect(client.get("a#b")).rejects.toMatchObject({ code: "mirror-path-invalid" });
});

test("Vault: polling finds a new revision by its metadata", async () => {
  await mirror("polled", "one");
  await using client = createSecretClient({ source: vault });
  await client.get("polled");
  client.subscribe(vaultPolling({ vault, secretIds: ["polled"], intervalMs: 5 }));
  const rotated = vi.fn<(event: object) => void>();
  client.on("rotated", rotated);
  await mirror("polled", "two", 1);
  await expect.poll(async () => (await client.get("polled")).value.reveal()).toBe("two");
  await vi.waitUntil(() => rotated.mock.calls.length > 0, { timeout: 60_000 });
});

test("SQS: a notice is applied before its message is deleted, and other messages go, too", async () => {
  const sqs = new SQSClient({
    endpoint: stack.aws.endpoint,
    region: stack.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const { ARN = "" } = await sdk.send(new CreateSecretCommand({ Name: "queued", SecretString: "old" }));
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "subscriber" }));
  await using client = createSecretClient({ source: secretsManagerSource(sdk), spreadMs: 0 });
  await client.get(ARN);
  client.subscribe(sqsSource({ sqs, queueUrl: QueueUrl }));
  const { VersionId = "" } = await sdk.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: "new" }));
  const event = {
    "detail-type": "Secret Label Updated",
    time: new Date().toISOString(),
    resources: [ARN],
    detail: { name: "queued", labelUpdated: "AWSCURRENT", versionId: VersionId },
  };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "no notice" }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  await expect.poll(() => client.peek(ARN)?.versionId).toBe(VersionId);
  const messagesLeft = async (): Promise<unknown> => {
    const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
    return Object.values((await sqs.send(command)).Attributes ?? {});
  };
  await expect.poll(messagesLeft).toEqual(["0", "0"]);
  await client.close();
  sqs.destroy();
});

test("middy: the values are where middy's own middleware puts them, fresh after a rotation", async () => {
  await using client = fakeSecretClient({ db: { user: "u" }, key: "plain" });
  const handler = middy(async (_event: unknown, context: object) => context);
  handler.use(secretsMiddleware({ client, fetchData: { database: "db", apiKey: "key" }, setToContext: true }) as never);
  const invoke = async (): Promise<unknown> => handler({}, { getRemainingTimeInMillis: () => 9_000 });
  expect(await invoke()).toMatchObject({ database: { user: "u" }, apiKey: "plain" });
  await client.rotate("db", { user: "v" });
  expect(await invoke()).toMatchObject({ database: { user: "v" } });
  expect(client.secrets.requests).toBe(3);
});
