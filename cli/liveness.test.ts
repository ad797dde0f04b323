import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { type Misbehavior, startFailingEndpoint } from "../tests/support/failing-endpoint.ts";
import { rekeyMain } from "../tests/support/run-rekey.ts";

/** The command line, with an AWS that gives no answer, for as long as the test runs. */
async function rekeyWhile(how: Misbehavior) {
  const endpoint = await startFailingEndpoint(how);
  const children = new Set<ChildProcess>();
  onTestFinished(async () => {
    for (const child of children) child.kill("SIGKILL");
    await endpoint.stop();
  });
  const env = {
    PATH: process.env["PATH"] ?? "",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${endpoint.port}`,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_TOKEN: "token of the tests",
  };
  return (...words: string[]) => {
    const child = spawn(process.execPath, [rekeyMain, ...words], { env });
    children.add(child);
    const printed = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (printed.err += chunk.toString()));
    const ended = once(child, "close").then(([code]: unknown[]) => code);
    return { child, printed, ended };
  };
}

const commands = [
  ["status"],
  ["history", "orders"],
  ["agent", "--port", "0", "--topic-arn", "arn:aws:sns:eu-west-1:123456789012:rekey"],
];

test.each(["refuses", "throttles", "fails"] as const)(
  "no command ends without a word while AWS %s",
  { timeout: 120_000 },
  async (how) => {
    const rekey = await rekeyWhile(how);
    const runs = commands.map((words) => rekey(...words));
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual(commands.map(() => 1));
    for (const { printed } of runs) expect(printed.err).toMatch(/unavailable|throttled/);
  },
);

test("the agent that is to make a queue ends with an error while AWS hangs", async () => {
  const { printed, ended } = (await rekeyWhile("hangs"))(...(commands[2] ?? []));
  expect(await ended).toBe(1);
  expect(printed.err).toContain("invalidation-unavailable");
});

test.each(["refuses", "hangs", "throttles", "fails"] as const)(
  "the agent that reads ahead begins to serve while AWS %s",
  { timeout: 120_000 },
  async (how) => {
    const { child, printed, ended } = (await rekeyWhile(how))(
      ...["agent", "--port", "0", "--prefetch", "orders", "--timeout", "2000"],
    );
    await expect.poll(() => printed.out, { timeout: 60_000 }).toContain('"message":"listening"');
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(printed.out).toContain('"message":"stopped"');
  },
);
