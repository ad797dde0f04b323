import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Members } from "../../shared/answers/members.ts";
import { list, record, recordList, text, textList } from "../../local/aws/members.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { childVariables } from "../support/child-variables.ts";
import { sampled } from "../support/sampled.ts";

const root = resolve(import.meta.dirname, "../..");
const samples = readdirSync(join(root, "events/samples")).flatMap((name) =>
  readdirSync(join(root, "events/samples", name)).map((file) => ({ name, file })),
);
/** Of a server that is not there. */
const redisLogin = JSON.stringify({
  engine: "redis",
  host: "127.0.0.1",
  port: 1,
  ssl: false,
  username: "rekey",
  password: "canary-redis",
});
let stack: Stack;
let folder = "";
let secretArn = "";
let variables: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rekey-samples-"));
  stack = await startStack();
  const secretsManager = new SecretsManagerClient(stack.clientConfig);
  const sqs = new SQSClient(stack.clientConfig);
  const dynamodb = new DynamoDBClient(stack.clientConfig);
  const make = async (Name: string, SecretString: string): Promise<string> =>
    (await secretsManager.send(new CreateSecretCommand({ Name, SecretString }))).ARN ?? "";
  secretArn = await make("db/orders", '{"engine":"postgres","password":"canary-sample"}');
  const vaultToken = await make("rekey/vault", "root");
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "queue" }));
  const keys = ["secretArn", "versionId"];
  await dynamodb.send(
    new CreateTableCommand({
      TableName: "adoptions",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
    }),
  );

  variables = {
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    REKEY_ADOPTION_TABLE: "adoptions",
    REKEY_RECONCILE_QUEUE_URL: QueueUrl,
    REKEY_LOGIN_QUEUE_URL: QueueUrl,
    REKEY_REDIS_CHANNEL: "rekey",
    REKEY_REDIS_SECRET: await make("rekey/redis", redisLogin),
    REKEY_CHAT_TARGETS: JSON.stringify([
      { kind: "slack", secret: await make("rekey/chat", "https://127.0.0.1:1/canary") },
    ]),
    REKEY_KUBERNETES_CLUSTERS: "[]",
    REKEY_KUBERNETES_QUEUE_URL: QueueUrl,
    REKEY_RETIRE_QUEUE_URL: QueueUrl,
    REKEY_ROTATION_FUNCTIONS: "arn:aws:lambda:*:*:function:rekey-rotate-*",
    REKEY_SECRETS: "arn:aws:secretsmanager:*:*:secret:db/*",
    REKEY_WEBHOOK_KEY_SECRET: await make("rekey/webhook", "canary-key-of-the-webhook"),
    REKEY_WEBHOOK_URL: "http://127.0.0.1:1/",
    VAULT_ADDR: stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: vaultToken,
    VAULT_MOUNT: "secret",
  };
  for (const client of [secretsManager, sqs, dynamodb]) client.destroy();
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true });
});

async function invoke(name: string, event: string): Promise<{ code: number; out: string; err: string }> {
  const file = join(folder, "event.json");
  await writeFile(file, event);
  const env = { ...childVariables, ...variables };
  return new Promise((done) => {
    execFile(process.execPath, ["cli/main.ts", "invoke", name, file], { cwd: root, env }, (error, out, err) => {
      expect(out + err).not.toContain("canary");
      done({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

test("every function has a sample", () => {
  expect([...new Set(samples.map(({ name }) => name))]).toEqual(readdirSync(join(root, "functions")).sort());
});

/** What each rule of the template sends to a function, by the function's name: types, or CloudTrail's names of events. */
function sources(): readonly { readonly name: string; readonly source: string }[] {
  const { Resources } = readTemplate(readFileSync(join(root, "template.yaml"), "utf8"));
  const getAtt = (value: Members): string => String(list(value, "Fn::GetAtt")[0]);
  const functionOf = (queue: string): string => {
    const fed = Object.values(Resources).find((resource) => {
      const event = record(record(record(resource, "Properties"), "Events"), "Queue");
      return getAtt(record(record(event, "Properties"), "Queue")) === queue;
    });
    return text(record(fed ?? {}, "Properties"), "CodeUri").replace("dist/functions/", "");
  };
  return Object.values(Resources)
    .filter(({ Type }) => Type === "AWS::Events::Rule")
    .map((rule) => record(rule, "Properties"))
    .filter((rule) => rule["EventPattern"] !== undefined)
    .flatMap((rule) => {
      const pattern = record(rule, "EventPattern");
      const alternatives = [pattern, ...recordList(pattern, "$or")];
      const named = alternatives.flatMap((one) => textList(record(one, "detail"), "eventName"));
      const types = alternatives.flatMap((one) => textList(one, "detail-type"));
      const queues = recordList(rule, "Targets").map((target) => getAtt(record(target, "Arn")));
      const fed = queues.filter((queue) => queue.endsWith("Queue"));
      return fed.flatMap((queue) => [...named, ...types].map((source) => ({ name: functionOf(queue), source })));
    });
}

test("every kind of event that a rule sends to a function has a sample", () => {
  const all = sources();
  expect(all.length).toBeGreaterThan(8);
  const without = all.filter(({ name, source }) =>
    samples
      .filter((sample) => sample.name === name)
      .every(({ file }) => !readFileSync(join(root, "events/samples", name, file), "utf8").includes(`\\"${source}\\"`)),
  );
  expect(without).toEqual([]);
});

const run = async ({ name, file }: (typeof samples)[number]): ReturnType<typeof invoke> => {
  const text = readFileSync(join(root, "events/samples", name, file), "utf8");
  return invoke(name, text.replaceAll(/arn:aws:secretsmanager:[^"\\]+/gu, secretArn));
};
const isRotation = ({ name }: { readonly name: string }): boolean => name.startsWith("rotate-");

const ofSecretsManager = ({ file }: { readonly file: string }): boolean => file === "secrets-manager.json";

test.each(
  sampled(
    samples.filter((sample) => isRotation(sample) && ofSecretsManager(sample)),
    2,
  ),
)("the built $name looks at the sample's secret, and refuses one without rotation", async (sample) => {
  expect(await run(sample)).toMatchObject({ code: 1, err: expect.stringContaining("rotation-disabled") });
});

test.each(
  sampled(
    samples.filter((sample) => isRotation(sample) && !ofSecretsManager(sample)),
    2,
  ),
)(
  "the built $name looks at the sample's secret, and retires nothing for a version that is not current",
  async (sample) => {
    const { code, out } = await run(sample);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('"outcome":"already-done"') });
  },
);

test.each(
  sampled(
    samples.filter((sample) => !isRotation(sample)),
    4,
  ),
)("the built $name understands the sample $file", async (sample) => {
  const { code, out, err } = await run(sample);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toHaveProperty("batchItemFailures");
  expect(out).not.toMatch(/event-malformed|option-invalid|internal-fault/u);
});

test("a function that does not exist or a file that is no event: exit code 1 and what is wrong", async () => {
  expect(await invoke("rotate-db2", "{}")).toMatchObject({
    code: 1,
    err: expect.stringContaining("option-invalid"),
  });
  expect(await invoke("reconcile", "{")).toMatchObject({ code: 1, err: expect.stringContaining("option-invalid") });
});
