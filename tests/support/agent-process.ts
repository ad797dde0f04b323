import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { bundleAgent } from "../../bundle/bundle-agent.ts";

import { agentTokenText } from "./agent-stage.ts";
import { type StackAddress, stackVariables } from "./stack-variables.ts";

export interface RunningAgent {
  readonly child: ChildProcess;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<unknown>;
  /** What it has printed. */
  output(): string;
}

export interface AgentProcess extends RunningAgent {
  readonly port: number;
}

/** The agent as it is shipped, in processes of its own, before a local stack. */
export interface ShippedAgent extends AsyncDisposable {
  start(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<AgentProcess>;
  /**
   * Begins it through a line of a shell, in which `"$@"` is its command. Nothing is waited for: what it prints may be for
   * nobody.
   */
  run(
    words: readonly string[],
    options?: { readonly line?: string; readonly variables?: Readonly<Record<string, string>> },
  ): RunningAgent;
}

export async function shippedAgent(stack: StackAddress): Promise<ShippedAgent> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-agent-"));
  const main = join(folder, "index.mjs");
  const children: ChildProcess[] = [];
  await bundleAgent(main);

  const run: ShippedAgent["run"] = (words, { line = 'exec "$@"', variables = {} } = {}) => {
    const env = {
      ...stackVariables(stack),
      AWS_TOKEN: agentTokenText,
      ...variables,
    };
    const command = [process.execPath, main, "--port", "0", "--ttl", "3600", ...words];
    const child = spawn("/bin/bash", ["--norc", "-c", line, "agent", ...command], { env });
    children.push(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += String(chunk)));
    const ended = once(child, "exit").then(([code, signal]: unknown[]) => code ?? signal);
    return { child, ended, output: () => text };
  };

  return {
    run,
    async start(words, variables = {}) {
      const running = run(words, { variables });
      const port = await vi.waitFor(
        () => {
          const [, found] = /"message":"listening","port":(\d+)/.exec(running.output()) ?? [];
          if (found === undefined) throw new Error(`the agent does not listen: ${running.output()}`);
          return Number(found);
        },
        { timeout: 20_000 },
      );
      return { ...running, port };
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        const ended = once(child, "close");
        if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await ended;
      }
      await rm(folder, { recursive: true });
    },
  };
}
