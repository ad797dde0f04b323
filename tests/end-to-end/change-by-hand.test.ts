import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../../local/aws/members.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack, type Stack, type StackOptions } from "../../local/stack.ts";

const soon = { timeout: 60_000 };

async function open(options: StackOptions = {}) {
  const stack = await startStack(options);
  const told: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    await stack.stop();
  });
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
  await stack.deploy({ parameters: { SecretArnPattern } });
  return { stack, told, secrets };
}

async function inVault(stack: Stack, path: string): Promise<unknown> {
  const headers = { "x-vault-token": stack.vault.rootToken };
  const answer = await fetch(`${stack.vault.address}/v1/secret/data/${path}`, { headers });
  const body: unknown = await answer.json();
  return isMembers(body) && answer.ok ? record(record(body, "data"), "data")["password"] : undefined;
}

test("a value put by hand, and a secret made by hand, reach Vault by the deployed template; a foreign secret does not", async () => {
  const { stack, told, secrets } = await open();
  await secrets.createSecret({ Name: "other/app", SecretString: '{"password":"foreign"}' });
  const { ARN } = await secrets.createSecret({ Name: "db/app", SecretString: '{"password":"first"}' });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBe("first");
  await stack.clock.advance(1_000);
  const { VersionId } = await secrets.putSecretValue({ SecretId: ARN, SecretString: '{"password":"second"}' });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBe("second");
  await stack.lambda.idle();
  const rotated = told.filter((event) => event["detail-type"] === "Secret Rotated").map(({ detail }) => detail);
  expect(rotated).toHaveLength(2);
  expect(rotated[1]).toMatchObject({ secretArn: ARN, versionId: VersionId, origin: "external" });
  expect(await inVault(stack, "other/app")).toBeUndefined();
});

test("a deletion is told and takes the value out of Vault, and a restoration brings it back", async () => {
  const { stack, told, secrets } = await open();
  const { ARN = "" } = await secrets.createSecret({ Name: "db/app", SecretString: '{"password":"first"}' });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBe("first");
  await secrets.deleteSecret({ SecretId: ARN });
  const deleted = () => told.find((event) => event["detail-type"] === "Secret Deleted")?.detail;
  await expect.poll(deleted, soon).toMatchObject({ secretArn: ARN, secretName: "db/app", recoverable: true });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBeUndefined();
  await secrets.restoreSecret({ SecretId: ARN });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBe("first");
});

test("the tag rekey:mirror takes the value out of Vault at once, and its removal brings it back", async () => {
  const { stack, told, secrets } = await open();
  const SecretId = "db/app";
  const { ARN = "" } = await secrets.createSecret({ Name: SecretId, SecretString: '{"password":"first"}' });
  await expect.poll(() => inVault(stack, SecretId), soon).toBe("first");
  await secrets.tagResource({ SecretId, Tags: [{ Key: "rekey:mirror", Value: "false" }] });
  await expect.poll(() => inVault(stack, SecretId), soon).toBeUndefined();
  const retagged = told.find((event) => event["detail-type"] === "Secret Retagged")?.detail;
  expect(retagged).toMatchObject({ secretArn: ARN, secretName: SecretId, tags: ["rekey:mirror"] });
  await secrets.untagResource({ SecretId: ARN, TagKeys: ["rekey:mirror"] });
  await expect.poll(() => inVault(stack, SecretId), soon).toBe("first");
});

test("without a trail a deletion stays unheard until reconcile looks, which takes the value out of Vault", async () => {
  const { stack, told, secrets } = await open({ trail: false });
  const { ARN = "" } = await secrets.createSecret({ Name: "db/app", SecretString: '{"password":"first"}' });
  await expect.poll(() => inVault(stack, "db/app"), soon).toBe("first");
  await stack.lambda.idle(); // The mirror asks once more after it has written.
  await secrets.deleteSecret({ SecretId: ARN });
  await stack.lambda.idle();
  expect(told.map((event) => event["detail-type"])).not.toContain("Secret Deleted");
  expect(await inVault(stack, "db/app")).toBe("first");
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(() => sqs.destroy());
  const QueueUrl = `${stack.aws.endpoint}/123456789012/rekey-ReconcileQueue`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  await expect.poll(() => inVault(stack, "db/app"), soon).toBeUndefined();
});
