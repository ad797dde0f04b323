import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { stackVariables } from "./stack-variables.ts";

const main = resolve(import.meta.dirname, "../../dist/package/cli/rekey.js");

/** `rekey exec` as a process of its own. */
export interface ExecRun {
  readonly child: ChildProcess;
  /** What the program printed. */
  out(): string;
  /** What rekey printed, and the program's errors. */
  err(): string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Waits until the program has printed this. */
  printed(text: string): Promise<void>;
  /** Waits until rekey, or the program's errors, have it. */
  logged(text: string): Promise<void>;
}

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What runs it, such as `unshare`. */
  readonly before?: readonly string[];
  /** The program `script`, to run it in a terminal of its own, by a shell. */
  readonly terminal?: string;
}

/** The local stack with the template deployed, and the built command line. */
export interface ExecStage {
  readonly stack: Stack;
  readonly secrets: SecretsManager;
  readonly topicArn: string;
  /** For files of the test. */
  readonly folder: string;
  /** Makes a secret of these members. */
  secret(name: string, members: Readonly<Record<string, unknown>>): Promise<void>;
  /** Puts its next version. */
  put(name: string, members: Readonly<Record<string, unknown>>): Promise<void>;
  run(words: readonly string[], options?: ExecOptions): ExecRun;
  /** Ends what runs. Errors: rekey, or a program's errors, printed the canary. */
  stop(canary: string): Promise<void>;
}

const until = async (holds: () => boolean, problem: () => string): Promise<void> =>
  vi.waitFor(
    () => {
      if (!holds()) throw new Error(problem());
    },
    { timeout: 60_000 },
  );

export async function startExecStage(): Promise<ExecStage> {
  const stack = await startStack();
  const topicArn = (await stack.deploy()).outputs["SecretRotatedTopicArn"] ?? "";
  const secrets = new SecretsManager(stack.clientConfig);
  const folder = await mkdtemp(join(tmpdir(), "rekey-exec-test-"));
  const runs: ExecRun[] = [];

  function run(words: readonly string[], { env = {}, before = [], terminal }: ExecOptions = {}): ExecRun {
    const line = [...before, process.execPath, main, "exec", ...words];
    const [command = "", ...rest] =
      terminal === undefined
        ? line
        : [terminal, "--quiet", "--return", "--command", `exec ${line.join(" ")}`, "/dev/null"];
    const variables = { ...stackVariables(stack), PATH: `${process.env["PATH"]}:/usr/bin:/bin`, ...env };
    const child = spawn(command, rest, { env: variables, cwd: folder });
    const text = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
    child.stdin.on("error", () => undefined);
    const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
    const made: ExecRun = {
      child,
      ended,
      out: () => text.out,
      err: () => text.err,
      printed: async (wanted) =>
        until(
          () => text.out.includes(wanted),
          () => `it did not print ${wanted}: ${text.err}`,
        ),
      logged: async (wanted) =>
        until(
          () => text.err.includes(wanted),
          () => `it did not log ${wanted}: ${text.err}`,
        ),
    };
    runs.push(made);
    return made;
  }

  return {
    stack,
    secrets,
    topicArn,
    folder,
    run,
    async secret(name, members) {
      await secrets.createSecret({ Name: name, SecretString: JSON.stringify(members) });
    },
    async put(name, members) {
      await secrets.putSecretValue({ SecretId: name, SecretString: JSON.stringify(members) });
    },
    async stop(canary) {
      for (const { child } of runs) if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await Promise.all(runs.map(async ({ ended }) => ended));
      secrets.destroy();
      await stack.stop();
      await rm(folder, { recursive: true });
      if (runs.some((each) => each.err().includes(canary))) throw new Error("a value was printed");
    },
  };
}
