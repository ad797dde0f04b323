import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rekeyMain } from "../../../tests/support/run-rekey.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

function run(...options: string[]) {
  const child = spawn(process.execPath, [rekeyMain, "local", ...options], { stdio: ["ignore", "pipe", "pipe"] });
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

/** A folder in which npx finds the built command, and this Node. */
async function installed(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-npx-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const bin = join(folder, "node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await symlink(resolve(import.meta.dirname, "../../../dist/package/cli/rekey.js"), join(bin, "rekey"));
  await symlink(process.execPath, join(bin, "node"));
  return folder;
}

/** Ctrl-C reaches all that the terminal runs; other signals only npx, which does not pass them on to the stack. */
type End = readonly [string, (npx: ChildProcess) => unknown];
const killed: End = ["SIGKILL", (npx) => npx.kill("SIGKILL")];
const ends: readonly End[] = [
  ["SIGTERM", (npx) => npx.kill("SIGTERM")],
  ["Ctrl-C", ({ pid = 0 }) => process.kill(-pid, "SIGINT")],
  ...(process.platform === "linux" ? [killed] : []),
];

test.each(ends)(
  "a stack that npx started ends when %s ends npx, and leaves no port and no process",
  async (_signal, end) => {
    const npx = spawn("npx", ["rekey", "local", "--aws-port", "0", "--vault-port", "0"], {
      cwd: await installed(),
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => {
      if (npx.exitCode === null && npx.signalCode === null) process.kill(-(npx.pid ?? 0), "SIGKILL");
    });
    const [line] = (await once(createInterface({ input: npx.stdout }), "line")) as [string];
    const { aws, vault }: { aws: string; vault: string } = JSON.parse(line);
    const answers = async (address: string): Promise<boolean> => fetch(address).then(Boolean, () => false);
    expect(await Promise.all([aws, vault].map(answers))).toEqual([true, true]);
    const processesGone = once(npx.stdout, "close");
    end(npx);
    await processesGone;
    expect(await Promise.all([aws, vault].map(answers))).toEqual([false, false]);
  },
  60_000,
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
