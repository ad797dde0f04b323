import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStack } from "../../local/stack.ts";

const soon = { timeout: 60_000 };

test("each look at everything finds a password that was changed on the server by hand, with one login and no change", async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const stack = await startStack();
  const found: EventEnvelope[] = [];
  stack.eventBridge.onEvent((_bus, event) => event["detail-type"] === "Secret Finding" && found.push(event));
  const secrets = new SecretsManager(stack.clientConfig);
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    sqs.destroy();
    await stack.stop();
  });
  const SecretArnPattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
  await stack.deploy({
    parameters: { SecretArnPattern, LoginCheckConcurrency: "2", VaultAddress: "", VaultCredentialSecretArn: "" },
  });
  const where = { engine: "postgres", host: postgres.host, port: postgres.port, dbname: "postgres", ssl: false };
  const make = async (username: string): Promise<string> => {
    await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD 'canary-${username}'`);
    const SecretString = JSON.stringify({ ...where, username, password: `canary-${username}` });
    return (await secrets.createSecret({ Name: `db/${username}`, SecretString })).ARN ?? "";
  };
  await make("works");
  const changed = await make("changed");
  await secrets.createSecret({ Name: "db/no-login", SecretString: "a text" });
  await postgres.admin("ALTER ROLE changed PASSWORD 'by hand'");

  const checks = (): number =>
    stack.lambda.logs.filter(({ functionName }) => functionName === "rekey-check-login").length;
  const refusals = async (): Promise<number> =>
    (await postgres.log()).split("\n").filter((line) => line.includes("password authentication failed")).length;
  for (const look of [1, 2]) {
    const QueueUrl = `${stack.aws.endpoint}/123456789012/rekey-ReconcileQueue`;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
    await expect.poll(() => found.length, soon).toBe(look);
    await expect.poll(checks, soon).toBeGreaterThanOrEqual(look * 3);
    await stack.lambda.idle();
    expect(await refusals()).toBe(look);
  }
  expect(found.map(({ detail }) => detail)).toMatchObject([
    { secretArn: changed, finding: "current-refused", repaired: false },
    { secretArn: changed, finding: "current-refused", repaired: false },
  ]);
  const writes = stack.aws.requests.filter(({ operation }) => /^(?:Put|Update|Rotate)Secret/.test(operation));
  expect(writes).toEqual([]);
  expect(JSON.stringify([stack.lambda.logs, stack.aws.requests])).not.toContain("canary");
});
