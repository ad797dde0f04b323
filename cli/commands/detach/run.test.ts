import { spawn } from "node:child_process";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SNS } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { rekeyMain, runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

const endpoint = "arn:aws:sqs:us-east-1:123456789012:orders";
let stack: Stack;
let secrets: SecretsManager;

beforeAll(async () => {
  stack = await startStack({ rotationRetry: { attempts: 1, delayMs: 1 } });
  const { outputs } = await stack.deploy();
  secrets = new SecretsManager(stack.clientConfig);
  const EventPattern = JSON.stringify({ source: ["rekey"] });
  const EventBusName = outputs["EventBusName"];
  await new EventBridge(stack.clientConfig).putRule({ Name: "billing", EventBusName, EventPattern });
  await new SNS(stack.clientConfig).subscribe({
    TopicArn: outputs["SecretRotatedTopicArn"],
    Protocol: "sqs",
    Endpoint: endpoint,
  });
  for (const Name of ["db/orders", "db/stock", "db/under-way"]) {
    const SecretString = JSON.stringify({
      engine: "postgres",
      host: "127.0.0.1",
      port: 1,
      username: "a",
      password: "canary",
    });
    await secrets.createSecret({ Name, SecretString, Tags: [{ Key: "rekey:grace", Value: "1h" }] });
    const RotationLambdaARN = outputs["RotatePostgresArn"];
    const RotationRules = { AutomaticallyAfterDays: 30 };
    await secrets.rotateSecret({ SecretId: Name, RotationLambdaARN, RotationRules, RotateImmediately: false });
  }
  await stack.secretsManager.idle();
  await secrets.rotateSecret({ SecretId: "db/under-way" });
  await stack.secretsManager.idle();
}, 60_000);
afterAll(async () => stack.stop());

async function rekey(...words: readonly string[]) {
  return runRekey(["detach", ...words], { env: stackVariables(stack) });
}
const isOn = async (SecretId: string): Promise<boolean | undefined> =>
  (await secrets.describeSecret({ SecretId })).RotationEnabled;

test("it does nothing where nobody can be asked", async () => {
  const { code, out, err } = await rekey("--stack", "rekey");
  expect([code, out, err]).toEqual([1, "", expect.stringContaining("nothing was done")]);
  expect(await isOn("db/orders")).toBe(true);
});

test("a dry run says of each secret and subscription what would become of it, and changes nothing", async () => {
  const { code, out } = await rekey("--stack", "rekey", "--dry-run", "--remove-tags");
  expect(code).toBe(0);
  expect(out).toContain(
    [
      "Detach 3 secrets; values and mirrors in Vault stay:",
      "  db/orders     switch rotation off; remove rekey:grace",
      "  db/stock      switch rotation off; remove rekey:grace",
      "  db/under-way  refuse: a rotation has begun and not ended",
      "Remove, once every secret is detached, 1 subscription:",
      `  sqs ${endpoint}`,
      "",
    ].join("\n"),
  );
  expect(out).toMatch(/Deleting the stack leaves:\n {2}AWS::SQS::Queue +\S*rekey-DeadLetterQueue/);
  expect(out).toContain("Delete these rules of others on the stack's bus first");
  expect(out).toContain("  billing\nnothing was changed");
  expect(await isOn("db/orders")).toBe(true);
});

test("killed at a call and run again, it goes on; what is in the middle of a rotation is told, with exit code 1", async () => {
  const child = spawn(process.execPath, [rekeyMain, "detach", "--stack", "rekey", "--yes"], {
    env: stackVariables(stack),
  });
  let calls = 0;
  const fault = stack.aws.faults.inject({
    kind: "refuse",
    operation: "CancelRotateSecret",
    // The first is done; at the second's the process dies.
    when: () => (calls += 1) === 2 && child.kill("SIGKILL"),
  });
  await new Promise((done) => child.once("close", done));
  fault.remove();
  const { code, out } = await rekey("--stack", "rekey", "--yes", "--json");
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(code).toBe(1);
  expect(events).toMatchObject([
    { type: "secret", name: "db/orders", outcome: "already-off" },
    { type: "secret", name: "db/stock", outcome: "detached" },
    { type: "secret", name: "db/under-way", outcome: "failed", code: "rotation-under-way" },
  ]);
  expect(await isOn("db/under-way")).toBe(true);
});

test("when the rotation has ended, the rest is done and the subscription removed", async () => {
  const { VersionIdsToStages = {} } = await secrets.describeSecret({ SecretId: "db/under-way" });
  const [pending = ""] = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes("AWSPENDING")) ?? [];
  await secrets.updateSecretVersionStage({
    SecretId: "db/under-way",
    VersionStage: "AWSPENDING",
    RemoveFromVersionId: pending,
  });
  const { code, out } = await rekey("--stack", "rekey", "--yes");
  expect([code, out]).toEqual([
    0,
    [
      "already-off   db/orders",
      "already-off   db/stock",
      "detached      db/under-way",
      `unsubscribed  sqs ${endpoint}`,
      "",
    ].join("\n"),
  ]);
  expect(await isOn("db/under-way")).toBe(false);
});

test("secrets can be named in place of a stack, one of the two", async () => {
  expect(await rekey()).toMatchObject({ code: 1, err: expect.stringContaining("one of the two") });
  expect(await rekey("db/orders", "--yes")).toMatchObject({ code: 0, out: "already-off   db/orders\n" });
});
