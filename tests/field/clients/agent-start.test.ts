import { DeleteTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { type AgentProcess, type ShippedAgent, shippedAgent } from "../../support/agent-process.ts";
import { ask } from "../../support/agent-stage.ts";
import { freePort } from "../../support/free-port.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

const kind = "agent and sources";
const generous = { timeout: 90_000 };
const patient = { timeout: 60_000, interval: 200 };
/** Of Node itself, and of minified code. */
const trace = /\n\s+at |node:internal|unsettled/;

printFieldCases();

let stack: Stack;
let shipped: ShippedAgent;
let secrets: SecretsManager;
let topicArn = "";
beforeAll(async () => {
  stack = await startStack();
  topicArn = (await stack.deploy()).outputs["SecretRotatedTopicArn"] ?? "";
  secrets = new SecretsManager(stack.clientConfig);
  await secrets.createSecret({ Name: "a", SecretString: "here" });
  shipped = await shippedAgent(stack);
});
afterAll(async () => {
  await shipped[Symbol.asyncDispose]();
  secrets.destroy();
  await stack.stop();
});

const read = async ({ port }: { readonly port: number }, path = "/v1/a"): Promise<string> => {
  const { status, body } = await ask(port, path).catch(() => ({ status: 0, body: "" }));
  return `${status} ${body}`;
};

function away(service: string, how: "refuse" | "cut" | "throttle"): { readonly remove: () => void } {
  const fault = stack.aws.faults.inject({ kind: how, service });
  onTestFinished(() => fault.remove());
  return fault;
}

async function ends({ child, ended, output }: AgentProcess): Promise<void> {
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(output()).toContain('"message":"stopped"');
  expect(output()).not.toMatch(trace);
}

test.each(["refuse", "cut", "throttle"] as const)(
  "while Secrets Manager is away (%s) an agent that reads ahead comes up, answers with an error, and then with the secret",
  generous,
  async (how) =>
    fieldCase(kind, async () => {
      const fault = away("secretsmanager", how);
      const agent = await shipped.start(["--prefetch", "a", "--timeout", "1000"]);
      expect(await ask(agent.port, "/ping", { headers: {} })).toMatchObject({ status: 200 });
      expect(await read(agent)).toMatch(/^(?:400|502|504) \{"__type":"\w+"/);
      expect(agent.output()).toContain('"message":"not read ahead","secretId":"a","code":"store-');
      fault.remove();
      await expect.poll(agent.output, patient).toContain('"message":"read ahead"');
      expect(await read(agent)).toContain('"SecretString":"here"');
      await ends(agent);
    })(),
);

const vaultLogin = () => ({
  VAULT_ADDR: stack.vault.address,
  VAULT_AUTH: "token",
  VAULT_CREDENTIAL_SECRET: "rekey/vault",
});

test(
  "an agent on Vault comes up while the secret of its login is away, and serves once it is there",
  generous,
  fieldCase(kind, async () => {
    const fault = away("secretsmanager", "refuse");
    const agent = await shipped.start(["--prefetch", "mirrored", "--timeout", "1000"], vaultLogin());
    expect(await read(agent, "/v1/mirrored")).toMatch(/^502 \{"__type":"ConnectionError"/);
    fault.remove();
    await secrets.createSecret({ Name: "mirrored", SecretString: '{"password":"in Vault"}' });
    const once = async (): Promise<string> => read(agent, "/v1/mirrored?refreshNow=true");
    await expect.poll(once, patient).toContain("in Vault");
    await ends(agent);
  }),
);

test(
  "an agent comes up while Vault is not there, and says so to whoever asks",
  generous,
  fieldCase(kind, async () => {
    const variables = { ...vaultLogin(), VAULT_ADDR: `http://127.0.0.1:${await freePort()}` };
    const agent = await shipped.start(["--prefetch", "a", "--timeout", "1000"], variables);
    expect(await read(agent)).toMatch(/^50\d \{"__type":"\w+"/);
    await ends(agent);
  }),
);

test.each<[string, Readonly<Record<string, string>>, string]>([
  ["a secret of its login that is not there", { VAULT_CREDENTIAL_SECRET: "rekey/none" }, "secret-not-found"],
  ["a way to log in that is none", { VAULT_AUTH: "carrier-pigeon" }, "option-invalid"],
])("an agent does not come up with %s, which waiting does not fix", generous, async (_what, variables, code) =>
  fieldCase(kind, async () => {
    const { ended, output } = shipped.run([], { variables: { ...vaultLogin(), ...variables } });
    expect(await ended).toBe(1);
    expect(output()).toContain(code);
    expect(output()).not.toMatch(trace);
  })(),
);

test(
  "an agent whose topic cannot be reached ends with the code of that, for its supervisor to try again",
  generous,
  fieldCase(kind, async () => {
    away("sqs", "refuse");
    const { ended, output } = shipped.run(["--topic-arn", "arn:aws:sns:us-east-1:123456789012:rekey"]);
    expect(await ended).toBe(1);
    expect(output()).toContain("invalidation-unavailable");
    expect(output()).not.toMatch(trace);
  }),
);

test(
  "an agent whose Redis does not answer ends with the code of that, and at once when it is asked to",
  generous,
  fieldCase(kind, async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const address = silent.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const variables = { REDIS_URL: `redis://127.0.0.1:${address.port}` };
    const [patiently, stopped] = [shipped.run([], { variables }), shipped.run([], { variables })];
    const isThere = once(silent, "connection");
    await isThere;
    await new Promise((done) => setTimeout(done, 1_000));
    stopped.child.kill("SIGTERM");
    expect(await stopped.ended).toBe(143);
    expect(await patiently.ended).toBe(1);
    expect(patiently.output()).toContain("invalidation-unavailable");
    expect(patiently.output()).not.toMatch(trace);
  }),
);

test(
  "an agent outlives its queue and its topic, and still sees a rotation once the time to live is over",
  generous,
  fieldCase(kind, async () => {
    const [sqs, sns] = [new SQSClient(stack.clientConfig), new SNSClient(stack.clientConfig)];
    const agent = await shipped.start(["--topic-arn", topicArn, "--prefetch", "a", "--ttl", "1"]);
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }));
    for (const QueueUrl of QueueUrls) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await sns.send(new DeleteTopicCommand({ TopicArn: topicArn }));
    await secrets.putSecretValue({ SecretId: "a", SecretString: "after the queue" });
    await expect.poll(async () => read(agent), patient).toContain("after the queue");
    await secrets.putSecretValue({ SecretId: "a", SecretString: "here" });
    await expect.poll(async () => read(agent), patient).toContain('"here"');
    agent.child.kill("SIGTERM");
    expect(await agent.ended).toBe(0);
    expect(agent.output()).not.toMatch(trace);
    sqs.destroy();
    sns.destroy();
  }),
);

test(
  "an agent that has no file descriptor left serves on when there are some again",
  generous,
  fieldCase(kind, async () => {
    const port = await freePort();
    const agent = shipped.run(["--port", String(port), "--prefetch", "a"], { line: 'ulimit -n 64; exec "$@"' });
    await expect.poll(async () => read({ port }), patient).toContain('"here"');
    const sockets: Socket[] = [];
    for (let count = 0; count < 200; count++) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      sockets.push(socket);
      await Promise.race([once(socket, "connect"), once(socket, "close")]);
    }
    await new Promise((done) => setTimeout(done, 500));
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => read({ port }), patient).toContain('"here"');
    agent.child.kill("SIGTERM");
    expect(await agent.ended).toBe(0);
    expect(agent.output()).not.toMatch(trace);
  }),
);

test(
  "an agent that was stopped for a while goes on where it was",
  generous,
  fieldCase(kind, async () => {
    const agent = await shipped.start(["--prefetch", "a", "--ttl", "1", "--timeout", "500"]);
    agent.child.kill("SIGSTOP");
    const waiting = read(agent);
    await new Promise((done) => setTimeout(done, 4_000));
    agent.child.kill("SIGCONT");
    expect(await waiting).toContain('"here"');
    expect(await read(agent)).toContain('"here"');
    await ends(agent);
  }),
);
