import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

const main = resolve(import.meta.dirname, "main.ts");

function run(...options: string[]) {
  const child = spawn(process.execPath, [main, "local", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  return { child, lines, closed: once(child, "close") };
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "one JSON line says that the stack is ready, and %s ends it with 0",
  async (signal) => {
    const { child, lines, closed } = run("--aws-port", "0", "--vault-port", "0", "--vault-token", "t", "--deploy");
    await expect.poll(() => lines.length, soon).toBe(1);
    const ready: unknown = JSON.parse(lines[0] ?? "");
    expect(ready).toMatchObject({
      aws: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/u),
      vault: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/u),
      region: "us-east-1",
      accountId: "123456789012",
      outputs: { RotatePostgresArn: "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres" },
    });
    child.kill(signal);
    expect(await closed).toEqual([0, null]);
  },
);

test.each([
  ["an unknown option", ["--colour"], 2, "unknown option '--colour'"],
  ["a port that is none", ["--aws-port", "65536"], 1, "option-invalid: "],
  ["a word too many", ["start"], 2, "too many arguments"],
])("%s ends it, and says why", async (_name, options, code, said) => {
  const { lines, closed } = run(...options);
  expect(await closed).toEqual([code, null]);
  expect(lines.join("\n")).toContain(said);
});

test("a port that is taken ends it with 1 and leaves nothing running", async () => {
  const first = run("--aws-port", "0", "--vault-port", "0");
  await expect.poll(() => first.lines.length, soon).toBe(1);
  const { port } = new URL(JSON.parse(first.lines[0] ?? "").aws);
  const second = run("--aws-port", port, "--vault-port", "0");
  expect(await second.closed).toEqual([1, null]);
  expect(second.lines.join()).toContain("EADDRINUSE");
});
