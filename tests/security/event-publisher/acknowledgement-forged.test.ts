import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { subscriberConfig } from "../../../local/subscriber.ts";
import { adoptionTable } from "../../../shared/aws/dynamodb/adoption-table.ts";
import { roleConfig } from "../../support/role-config.ts";

const pattern = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*";
const soon = { timeout: 60_000 };

let stack: Stack;
let secrets: SecretsManager;
let table: DynamoDBClient;
let TableName = "";
const clients: { destroy(): void }[] = [];

async function open(parameters: Readonly<Record<string, string>> = {}): Promise<void> {
  const { outputs } = await stack.deploy({
    parameters: { SecretArnPattern: pattern, VaultAddress: "", ...parameters },
  });
  TableName = outputs["AdoptionTableName"] ?? "";
}
beforeEach(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  table = new DynamoDBClient(stack.clientConfig);
  clients.push(secrets, table);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await stack.stop();
});

interface Adopted {
  readonly secretArn: string;
  readonly versionId: string;
  readonly subscriber: string;
  readonly at?: string;
}
async function secretOf(subscribers: string, Name = "db/orders"): Promise<Omit<Adopted, "subscriber">> {
  const Tags = [{ Key: "rekey:subscribers", Value: subscribers }];
  const { ARN = "", VersionId = "" } = await secrets.createSecret({ Name, SecretString: "{}", Tags });
  return { secretArn: ARN, versionId: VersionId };
}
const clientOf = (config: ConstructorParameters<typeof EventBridge>[0]): EventBridge => {
  const client = new EventBridge({ ...config, maxAttempts: 1 });
  clients.push(client);
  return client;
};
const entryOf = (adopted: Partial<Adopted>, Source = `rekey.subscriber.${adopted.subscriber}`) => ({
  EventBusName: "rekey",
  Source,
  DetailType: "Secret Adopted",
  Detail: JSON.stringify({ schemaVersion: 1, at: new Date().toISOString(), ...adopted }),
});
/** As the process of a subscriber does: with the rights of its role alone. */
async function say(speaker: string, adopted: Partial<Adopted>): Promise<void> {
  const events = clientOf(subscriberConfig(stack, speaker));
  const { FailedEntryCount } = await events.putEvents({ Entries: [entryOf(adopted, `rekey.subscriber.${speaker}`)] });
  expect(FailedEntryCount).toBe(0);
}
/** Of the adoptions that the function has looked at, not of the new versions. */
const outcomes = (): readonly string[] =>
  stack.lambda.logs
    .filter(({ functionName, line }) => functionName === "rekey-retire-previous" && !line.includes('"cue":"rotated"'))
    .flatMap(({ line }) => /"outcome":"(\w+)"/.exec(line)?.slice(1) ?? []);
/** Who has adopted the version, and when by the function's clock. */
async function noted(version: Omit<Adopted, "subscriber">): Promise<ReadonlyMap<string, Date | undefined>> {
  const found = await adoptionTable(table, TableName).adopted([version], { signal: AbortSignal.timeout(10_000) });
  return found.get(version.versionId) ?? new Map();
}

test("the right to put any event anywhere does not let one speak for a subscriber, by the former source or its own", async () => {
  await open();
  const secret = await secretOf("orders-api");
  const events = clientOf(roleConfig(stack, "attacker", ["events:*"]));
  const adopted = { ...secret, subscriber: "orders-api" };
  for (const entry of [entryOf(adopted), entryOf(adopted, "rekey.subscriber")]) {
    await expect(events.putEvents({ Entries: [entry] })).rejects.toMatchObject({ name: "AccessDeniedException" });
  }
  expect(await noted(secret)).toEqual(new Map());
  await say("orders-api", adopted);
  await expect.poll(async () => [...(await noted(secret)).keys()], soon).toEqual(["orders-api"]);
});

test("a role with another subscriber's tag, or with a tag of wildcards, cannot use the subscriber's source", async () => {
  await open();
  const adopted = { ...(await secretOf("orders-api")), subscriber: "orders-api" };
  const refused: string[] = [];
  const tags = ["billing", "*", "orders-*", "#"];
  for (const tag of tags) {
    const events = clientOf(roleConfig(stack, "attacker", ["events:*"], { "rekey:subscriber": tag }));
    await events.putEvents({ Entries: [entryOf(adopted)] }).catch((error: unknown) => {
      if (error instanceof Error && error.name === "AccessDeniedException") refused.push(tag);
    });
  }
  expect(refused).toEqual(tags);
});

test("a subscriber that names another one under its own source is refused, and only its own name counts", async () => {
  await open();
  const secret = await secretOf("orders-api billing");
  await say("billing", { ...secret, subscriber: "orders-api" });
  await expect.poll(outcomes, soon).toEqual(["refused"]);
  expect(await noted(secret)).toEqual(new Map());
});

test("a subscriber named like the beginning of another cannot speak for it", async () => {
  await open();
  const secret = await secretOf("orders orders.api");
  await say("orders", { ...secret, subscriber: "orders.api" });
  await expect.poll(outcomes, soon).toEqual(["refused"]);
  expect(await noted(secret)).toEqual(new Map());
});

test("an adoption of a version that is not current is not noted, nor an older one's that is replayed", async () => {
  await open();
  const secret = await secretOf("orders-api");
  await say("billing", { ...secret, subscriber: "orders-api" });
  await say("orders-api", { ...secret, versionId: randomUUID(), subscriber: "orders-api" });
  await secrets.putSecretValue({ SecretId: secret.secretArn, SecretString: '{"password":"next"}' });
  await say("orders-api", { ...secret, subscriber: "orders-api" });
  await expect.poll(() => [...outcomes()].sort(), soon).toEqual(["nothing", "nothing", "refused"]);
  expect(await noted(secret)).toEqual(new Map());
});

test("a secret outside of the stack's pattern, of another account or by a part of its ARN is not asked for", async () => {
  await open();
  const inside = await secretOf("orders-api");
  const outside = await secretOf("orders-api", "payroll/db");
  await expect
    .poll(() => stack.lambda.logs.filter(({ line }) => line.includes('"cue":"rotated"')).length, soon)
    .toBe(1);
  await stack.lambda.idle();
  const asked = stack.aws.requests.length;
  const arns = [
    outside.secretArn,
    inside.secretArn.replace("123456789012", "999999999999"),
    inside.secretArn.replace("us-east-1", "eu-west-1"),
    inside.secretArn.slice(0, -7),
  ];
  for (const secretArn of arns) await say("orders-api", { ...inside, secretArn, subscriber: "orders-api" });
  await expect.poll(() => outcomes().length, soon).toBe(arns.length);
  await stack.lambda.idle();
  const calls = stack.aws.requests
    .slice(asked)
    .filter(({ service, principalArn }) => service === "secretsmanager" && principalArn.includes("RetirePrevious"));
  expect(calls.map(({ operation, resources }) => ({ operation, resources }))).toEqual([]);
});

test.each(["2001-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"])(
  "the time %s that a subscriber claims does not count, however often it is repeated",
  async (at) => {
    await open();
    const secret = await secretOf("orders-api billing");
    await say("billing", { ...secret, subscriber: "orders-api", at });
    for (let times = 0; times < 3; times++) await say("orders-api", { ...secret, subscriber: "orders-api", at });
    await expect.poll(() => outcomes().length, soon).toBe(4);
    const adopted = await noted(secret);
    expect([...adopted.keys()]).toEqual(["orders-api"]);
    expect(adopted.get("orders-api")?.toISOString()).not.toBe(at);
    expect(outcomes().filter((outcome) => outcome === "refused")).toHaveLength(1);
  },
);

test("adoptions that are no adoptions are looked at once each, not two hundred times", async () => {
  await open();
  const details = [{}, { versionId: 1 }, { subscriber: "orders-api\u001B[2J" }, { secretArn: "arn:aws:s3:::bucket" }];
  for (const detail of details) await say("orders-api", detail as Partial<Adopted>);
  await expect.poll(outcomes, soon).toEqual(details.map(() => "malformed"));
  await stack.lambda.idle();
  const { visible, inFlight } =
    stack.sqs
      .queues()
      .find(({ name }) => name === "rekey-RetireQueue")
      ?.counts() ?? {};
  expect({ visible, inFlight }).toEqual({ visible: 0, inFlight: 0 });
});
