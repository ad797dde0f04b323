import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundleAgent } from "../../bundle/bundle-agent.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { agentTokenText, ask } from "../support/agent-stage.ts";
import { redisServer, startRedis } from "../support/redis.ts";
import { stackVariables } from "../support/stack-variables.ts";

const soon = { timeout: 60_000 };
const started: ChildProcess[] = [];
let stack: Stack;
let secrets: SecretsManager;
let sqs: SQSClient;
let folder = "";
let main = "";
let tokenFile = "";
let topicArn = "";

beforeAll(async () => {
  stack = await startStack();
  topicArn = (await stack.deploy()).outputs["SecretRotatedTopicArn"] ?? "";
  secrets = new SecretsManager(stack.clientConfig);
  sqs = new SQSClient(stack.clientConfig);
  folder = await mkdtemp(join(tmpdir(), "rekey-agent-"));
  main = join(folder, "index.mjs");
  await bundleAgent(main);
  tokenFile = join(folder, "token");
  await writeFile(tokenFile, `${agentTokenText}\n`, { mode: 0o440 });
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  secrets.destroy();
  sqs.destroy();
  await stack.stop();
  await rm(folder, { recursive: true });
});

/** The built folder alone, as a container runs it. */
function run(words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const env = {
    ...stackVariables(stack),
    AWS_TOKEN: `file://${tokenFile}`,
    ...variables,
  };
  const child = spawn(process.execPath, [main, "--port", "0", ...words], { env });
  started.push(child);
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output.text += String(chunk)));
  const port = async (): Promise<number> => {
    const listening = (): string | undefined => /"message":"listening","port":(\d+)/.exec(output.text)?.[1];
    await expect.poll(listening, soon).toBeDefined();
    return Number(listening());
  };
  const end = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    return child.exitCode;
  };
  return { child, output, port, end };
}

const passwordFrom = async (port: number): Promise<unknown> =>
  (JSON.parse((await ask(port, "/v1/db/pushed")).body) as { readonly SecretString: unknown }).SecretString;

const queues = async (): Promise<readonly string[]> =>
  (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];

test("a new version is pushed to the agent, the next read has it, and nothing that is secret is in its output", async () => {
  await secrets.createSecret({ Name: "db/pushed", SecretString: "canary-before" });
  const agent = run(["--topic-arn", topicArn, "--ttl", "3600", "--prefetch", "db/pushed"]);
  const port = await agent.port();
  expect(await passwordFrom(port)).toBe("canary-before");
  await secrets.putSecretValue({ SecretId: "db/pushed", SecretString: "canary-after" });
  await expect.poll(() => agent.output.text, soon).toContain('"message":"rotated"');
  expect(await passwordFrom(port)).toBe("canary-after");
  await ask(port, "/v1/db/pushed", { headers: { "X-Vault-Token": "canary-guess" } });
  await ask(port, "/v1/db/missing");

  expect(await queues()).toHaveLength(1);
  agent.child.kill("SIGTERM");
  expect(await agent.end()).toBe(0);
  expect(agent.output.text).toContain('"message":"stopped"');
  expect(agent.output.text).not.toContain("canary");
  expect(await queues()).toEqual([]);
});

describe.skipIf(redisServer === undefined)("with Redis", () => {
  test("a rotation that is published on Redis is pushed to the agent", async () => {
    const redis = await startRedis(redisServer ?? "");
    onTestFinished(async () => redis.stop());
    const { username, password } = redis.superuser;
    const made = await secrets.createSecret({ Name: "db/redis", SecretString: "canary-before" });
    const agent = run(["--prefetch", "db/redis"], {
      REDIS_URL: `redis://${username}:${password}@${redis.host}:${redis.port}`,
    });
    const port = await agent.port();
    const put = await secrets.putSecretValue({ SecretId: "db/redis", SecretString: "canary-after" });
    const detail = { secretArn: made.ARN, versionId: put.VersionId, previousVersionId: made.VersionId };
    const event = JSON.stringify({ "detail-type": "Secret Rotated", detail });
    await redis.admin("PUBLISH", "rekey", event);
    await expect.poll(() => agent.output.text, soon).toContain('"message":"rotated"');
    expect(await ask(port, "/v1/db/redis")).toMatchObject({ body: expect.stringContaining("canary-after") });
    agent.child.kill("SIGTERM");
    expect(await agent.end()).toBe(0);
    expect(agent.output.text).not.toContain(password);
  });
});

test("what is mirrored into Vault is served as Secrets Manager would", async () => {
  await secrets.createSecret({ Name: "db/mirrored", SecretString: '{"password":"canary-mirrored"}' });
  const variables = {
    VAULT_ADDR: stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "rekey/vault",
  };
  const agent = run([], variables);
  const port = await agent.port();
  const read = async (): Promise<unknown> => JSON.parse((await ask(port, "/v1/db/mirrored?refreshNow=true")).body);
  await expect.poll(read, soon).toMatchObject({
    ARN: null,
    Name: "db/mirrored",
    SecretString: '{"password":"canary-mirrored"}',
    VersionStages: ["AWSCURRENT"],
  });
  agent.child.kill("SIGINT");
  expect(await agent.end()).toBe(0);
  expect(agent.output.text).not.toContain("canary");
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
  ["without a token", [], { AWS_TOKEN: "" }, "option=AWS_TOKEN problem=not set"],
  ["with a token file that is not there", [], { AWS_TOKEN: "file:///nowhere" }, "problem=the file cannot be read"],
  ["with an option that is no number", ["--ttl", "long"], {}, "option=ttl value=long"],
  ["on an address of the network", ["--address", "0.0.0.0"], {}, "option=address"],
  [
    "with a topic that is not there",
    ["--topic-arn", "arn:aws:sns:us-east-1:123456789012:none"],
    {},
    "invalidation-unavailable",
  ],
])("the command does not start %s", async (_what, words, variables, problem) => {
  const agent = run(words, variables);
  expect(await agent.end()).toBe(1);
  expect(agent.output.text).toContain(problem);
  expect(await queues()).toEqual([]);
  expect(agent.output.text).not.toContain("canary");
});

test("a token file that everybody may read is refused, with what to do", async () => {
  const open = join(folder, "open");
  await writeFile(open, "canary-open");
  await chmod(open, 0o444);
  const agent = run([], { AWS_TOKEN: `file://${open}` });
  expect(await agent.end()).toBe(1);
  expect(agent.output.text).toContain("chmod 0440");
});

test("a port that is taken is said", async () => {
  const port = await run([]).port();
  const second = run(["--port", String(port)]);
  expect(await second.end()).toBe(1);
  expect(second.output.text).toContain("EADDRINUSE");
});
