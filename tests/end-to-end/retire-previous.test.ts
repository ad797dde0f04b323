import { randomUUID } from "node:crypto";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { subscriberConfig } from "../../local/subscriber.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStack } from "../../local/stack.ts";
import { logsIn } from "../support/postgres-login.ts";

const soon = { timeout: 60_000 };

async function open(tags: Readonly<Record<string, string>>, parameters: Readonly<Record<string, string>> = {}) {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const stack = await startStack();
  const told: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  const secrets = new SecretsManager(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    await stack.stop();
  });
  const database = { engine: "postgres", host: postgres.host, port: postgres.port, dbname: "postgres", ssl: false };
  const admin = await secrets.createSecret({
    Name: "admin",
    SecretString: JSON.stringify({ ...database, ...postgres.superuser }),
  });
  const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: admin.ARN ?? "", ...parameters } });
  const password = randomUUID();
  await postgres.admin(`CREATE ROLE app LOGIN PASSWORD '${password}'`);
  const value = { ...database, username: "app", password, masterarn: admin.ARN };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { ARN = "" } = await secrets.createSecret({ Name: "app", SecretString: JSON.stringify(value), Tags });
  const { VersionId = "" } = await secrets.rotateSecret({
    SecretId: ARN,
    RotationLambdaARN: outputs["RotatePostgresArn"] ?? "",
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  const detailsOf = (type: string) => told.filter((event) => event["detail-type"] === type).map(({ detail }) => detail);
  await expect
    .poll(() => detailsOf("Secret Rotated").some((detail) => detail["versionId"] === VersionId), soon)
    .toBe(true);
  const adopt = async (subscriber: string) => {
    const Detail = { schemaVersion: 1, secretArn: ARN, versionId: VersionId, subscriber, at: new Date().toISOString() };
    const entry = { EventBusName: "rekey", Source: `rekey.subscriber.${subscriber}`, DetailType: "Secret Adopted" };
    const events = new EventBridge(subscriberConfig(stack, subscriber));
    await events.putEvents({ Entries: [{ ...entry, Detail: JSON.stringify(Detail), Resources: [ARN] }] });
    events.destroy();
  };
  const looks = () => stack.lambda.logs.filter(({ functionName }) => functionName === "rekey-retire-previous").length;
  return { adopt, detailsOf, looks, stack, replacedLogsIn: async () => logsIn(postgres, "app", password) };
}

test("the replaced credential logs in until the last subscriber has adopted the new one", async () => {
  const { adopt, detailsOf, looks, stack, replacedLogsIn } = await open({
    "rekey:grace": "24h",
    "rekey:subscribers": "orders-api billing",
  });
  await adopt("orders-api");
  await expect.poll(looks, soon).toBeGreaterThanOrEqual(4);
  await stack.lambda.idle();
  expect(await replacedLogsIn()).toBe(true);
  await adopt("billing");
  await expect.poll(() => detailsOf("Secret Retired").length, soon).toBe(1);
  expect(await replacedLogsIn()).toBe(false);
});

test("without the table the replaced credential lives to its deadline, and a metric counts who has adopted", async () => {
  const { adopt, detailsOf, looks, stack, replacedLogsIn } = await open(
    { "rekey:grace": "24h", "rekey:subscribers": "orders-api" },
    { KeepAdoptions: "false" },
  );
  await adopt("orders-api");
  await expect.poll(looks, soon).toBeGreaterThanOrEqual(4);
  await stack.lambda.idle();
  expect(JSON.stringify(stack.lambda.logs)).toContain(String.raw`\"Adoptions\":1`);
  expect(stack.aws.requests.filter(({ service }) => service === "dynamodb")).toEqual([]);
  expect(detailsOf("Secret Retired")).toEqual([]);
  expect(await replacedLogsIn()).toBe(true);
});

test("a grace period of nothing ends at once", async () => {
  const { detailsOf, replacedLogsIn } = await open({ "rekey:grace": "0m" });
  await expect.poll(() => detailsOf("Secret Retired").length, soon).toBeGreaterThanOrEqual(1);
  expect(await replacedLogsIn()).toBe(false);
});
