import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { type RunningAgent, type ShippedAgent, shippedAgent } from "../../support/agent-process.ts";
import { ask } from "../../support/agent-stage.ts";
import { freePort } from "../../support/free-port.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

const kind = "it stops silently";
const generous = { timeout: 60_000 };
const patient = { timeout: 60_000, interval: 100 };

printFieldCases();

let stack: Stack;
let shipped: ShippedAgent;
let secrets: SecretsManager;
let sqs: SQSClient;
let folder = "";
let topicArn = "";
let port = 0;
beforeAll(async () => {
  stack = await startStack();
  topicArn = (await stack.deploy()).outputs["SecretRotatedTopicArn"] ?? "";
  secrets = new SecretsManager(stack.clientConfig);
  sqs = new SQSClient(stack.clientConfig);
  await secrets.createSecret({ Name: "a", SecretString: "0" });
  folder = await mkdtemp(join(tmpdir(), "rekey-log-"));
  shipped = await shippedAgent(stack);
});
beforeEach(async () => {
  port = await freePort();
});
afterAll(async () => {
  await shipped[Symbol.asyncDispose]();
  secrets.destroy();
  sqs.destroy();
  await stack.stop();
  await rm(folder, { recursive: true });
});

const start = (line: string): RunningAgent =>
  shipped.run(["--port", String(port), "--topic-arn", topicArn, "--prefetch", "a"], { line });
const answer = async (): Promise<string> => (await ask(port, "/v1/a").catch(() => ({ body: "" }))).body;
async function serves(text: string): Promise<void> {
  await expect.poll(answer, patient).toContain(`"SecretString":"${text}"`);
}

async function droppedLines(): Promise<number> {
  const { body } = await ask(port, "/metrics", { headers: {} });
  return Number(/^rekey_agent_log_lines_dropped_total\S* (\d+)/m.exec(body)?.[1]);
}
const queues = async (): Promise<readonly string[]> =>
  (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];

/** Has the agent log a line, and shows that it goes on serving what is pushed to it. */
async function rotate(value: string): Promise<void> {
  await secrets.putSecretValue({ SecretId: "a", SecretString: value });
  await serves(value);
}

/** Asked to, it ends with 0 and leaves nothing behind. */
async function ends(agent: RunningAgent): Promise<void> {
  expect(await queues()).toHaveLength(1);
  agent.child.kill("SIGTERM");
  expect(await agent.ended).toBe(0);
  expect(await queues()).toEqual([]);
}

test.each([
  ["whose reader is gone", 'exec "$@" > >(true)'],
  ["whose reader is gone, as is that of its errors", 'exec "$@" > >(true) 2> >(true)'],
  ["on a full disk", 'exec "$@" >/dev/full'],
  ["on a full disk, as are its errors", 'exec "$@" >/dev/full 2>&1'],
])(
  "with a log %s the agent serves, counts what is lost, and takes its queue with it at the end",
  generous,
  async (_what, line) =>
    fieldCase(kind, async () => {
      const agent = start(line);
      await serves((await secrets.getSecretValue({ SecretId: "a" })).SecretString ?? "");
      const before = await droppedLines();
      await rotate(`${line} 1`.replaceAll('"', ""));
      await rotate(`${line} 2`.replaceAll('"', ""));
      await expect.poll(droppedLines, patient).toBeGreaterThan(before);
      expect(agent.output()).not.toContain("node:");
      await ends(agent);
    })(),
);

test(
  "once a full disk has room again, the log goes on with how many lines it lacks",
  generous,
  fieldCase(kind, async () => {
    const file = join(folder, "log");
    const agent = start(`ulimit -f 1; exec "$@" >>"${file}"`);
    await serves((await secrets.getSecretValue({ SecretId: "a" })).SecretString ?? "");
    for (let round = 1; (await droppedLines()) < 2; round++) await rotate(`full ${round}`);
    await truncate(file);
    await rotate("room again");
    const lines = async (): Promise<readonly string[]> => (await readFile(file, "utf8")).split("\n").filter(Boolean);
    await expect.poll(lines, patient).toHaveLength(2);
    const [first = "", second = ""] = await lines();
    expect(JSON.parse(first)).toMatchObject({ message: "log lines dropped", count: await droppedLines() });
    expect(JSON.parse(second)).toMatchObject({ message: "rotated", secretId: expect.any(String) });
    await ends(agent);
  }),
);

test(
  "a log's reader that stands still holds up nobody, and what waits for it is bounded",
  generous,
  fieldCase(kind, async () => {
    // Ten times what may wait, to a pipe that is read only when the program is done with it.
    const program = `
      import { agentLog } from "./agent-log.ts";
      import { stdoutOutlet } from "../../output/output.ts";
      const { log, dropped } = agentLog(stdoutOutlet, Date.now);
      for (let line = 0; line < 10_000; line++) {
        log("line", { line, text: "x".repeat(1_000) });
        if (line % 1_000 === 0) await new Promise((done) => setImmediate(done));
      }
      process.stderr.write(JSON.stringify({ pending: stdoutOutlet.pending(), dropped: dropped() }));
      while (stdoutOutlet.pending() > 0) await new Promise((done) => setTimeout(done, 20));
      log("last", {});
    `;
    const out = join(folder, "slow");
    const line = `"$0" --input-type=module --eval "$1" | (sleep 3; cat >"${out}")`;
    const { stderr, status } = spawnSync("/bin/bash", ["--norc", "-c", line, process.execPath, program], {
      cwd: join(import.meta.dirname, "../../../cli/commands/agent"),
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin" },
    });
    const { pending, dropped } = JSON.parse(stderr) as Readonly<Record<"pending" | "dropped", number>>;
    expect([status, pending < 1_200_000, dropped > 7_000]).toEqual([0, true, true]);
    const lines = (await readFile(out, "utf8"))
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one) as object);
    expect(lines.slice(-2)).toEqual([
      expect.objectContaining({ message: "log lines dropped", count: dropped }),
      expect.objectContaining({ message: "last" }),
    ]);
    expect(lines.length).toBe(10_000 - dropped + 2);
  }),
);

test(
  "SIGHUP does not end an agent that has no terminal",
  generous,
  fieldCase(kind, async () => {
    const agent = start('exec "$@"');
    await serves((await secrets.getSecretValue({ SecretId: "a" })).SecretString ?? "");
    agent.child.kill("SIGHUP");
    await rotate("after SIGHUP");
    expect(agent.child.exitCode).toBeNull();
    await ends(agent);
  }),
);

test(
  "an agent that cannot go on ends with a code that a supervisor sees, and leaves no queue",
  generous,
  fieldCase(kind, async () => {
    const taken = start('exec "$@"');
    await serves((await secrets.getSecretValue({ SecretId: "a" })).SecretString ?? "");
    const second = start('exec "$@" >/dev/full 2>/dev/full');
    expect(await second.ended).toBe(1);
    await ends(taken);
  }),
);
