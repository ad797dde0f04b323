import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../../local/aws/members.ts";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack } from "../../local/stack.ts";

const soon = { timeout: 60_000, interval: 200 };
/** Two pages of ListSecrets. */
const count = 110;

async function open() {
  const stack = await startStack();
  const told: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  const secrets = new SecretsManager(stack.clientConfig);
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(async () => {
    secrets.destroy();
    sqs.destroy();
    await stack.stop();
  });
  const headers = { "x-vault-token": stack.vault.rootToken };
  const vault = async (method: string, name: string, data?: object): Promise<unknown> => {
    const body = data === undefined ? null : JSON.stringify({ data });
    const answer = await fetch(`${stack.vault.address}/v1/secret/data/${name}`, { method, headers, body });
    const parsed: unknown = answer.status === 204 ? {} : await answer.json();
    return isMembers(parsed) && answer.ok ? record(record(parsed, "data"), "data") : undefined;
  };
  const passwordAt = async (name: string): Promise<unknown> => {
    const fields = await vault("GET", name);
    return isMembers(fields) ? fields["password"] : undefined;
  };
  const lookAtEverything = async (): Promise<void> => {
    const QueueUrl = `${stack.aws.endpoint}/123456789012/rekey-ReconcileQueue`;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  };
  const findings = () =>
    told
      .filter((event) => event["detail-type"] === "Secret Finding")
      .map(
        ({ detail }) => `${String(detail["secretName"])} ${String(detail["finding"])} ${String(detail["repaired"])}`,
      );
  const metric = (name: string): number =>
    stack.lambda.logs
      .filter(({ functionName }) => functionName === "rekey-reconcile")
      .map((line) => /\{"_aws".*\}/.exec(JSON.stringify(line).replaceAll(String.raw`\"`, '"'))?.[0] ?? "")
      .reduce((sum, text) => sum + Number(new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? 0), 0);
  return { stack, secrets, vault, passwordAt, lookAtEverything, findings, metric };
}

test("one look at more secrets than a page brings every mirror up to date, and reports what somebody else must decide", async () => {
  const { stack, secrets, vault, passwordAt, lookAtEverything, findings, metric } = await open();
  const names = Array.from({ length: count }, (_item, index) => `db/app-${index}`);
  for (const name of names)
    await secrets.createSecret({ Name: name, SecretString: JSON.stringify({ password: name }) });
  await secrets.createSecret({ Name: "other/app", SecretString: '{"password":"foreign"}' });
  await stack.deploy({
    parameters: { SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*" },
  });

  await lookAtEverything();
  await expect.poll(() => metric("SecretsExamined"), soon).toBe(count);
  const logged = JSON.stringify(stack.lambda.logs)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("\\", "");
  expect(logged).toMatch(/"Stack":"rekey","OldestSecretAgeDays":[\d.e-]+\}/u);
  expect(findings().sort()).toEqual(names.map((name) => `${name} mirror-missing true`).sort());
  await expect
    .poll(
      async () => (await Promise.all(names.map(passwordAt))).filter((password, at) => password === names[at]).length,
      soon,
    )
    .toBe(count);
  expect(await passwordAt("other/app")).toBeUndefined();

  await vault("POST", "db/app-1", { ...((await vault("GET", "db/app-1")) as object), password: "by hand" });
  await vault("DELETE", "db/app-2");
  await lookAtEverything();
  await expect.poll(() => metric("SecretsExamined"), soon).toBe(2 * count);
  expect(findings().slice(count).sort()).toEqual(["db/app-1 mirror-altered false", "db/app-2 mirror-missing true"]);
  await expect.poll(() => passwordAt("db/app-2"), soon).toBe("db/app-2");
  expect(await passwordAt("db/app-1")).toBe("by hand");
  const listings = stack.aws.requests.filter(({ operation }) => operation === "ListSecrets");
  expect(listings.length).toBe(4);
});
