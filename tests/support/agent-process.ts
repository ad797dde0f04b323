import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { bundleAgent } from "../../bundle/bundle-agent.ts";
import type { Stack } from "../../local/stack.ts";
import { agentTokenText } from "./agent-stage.ts";

export interface AgentProcess {
  readonly port: number;
  /** What it has printed. */
  output(): string;
}

/** The agent as it is shipped: one file, in processes of its own, before a local stack. */
export interface ShippedAgent extends AsyncDisposable {
  start(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<AgentProcess>;
}

export async function shippedAgent(stack: Stack): Promise<ShippedAgent> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-agent-"));
  const main = join(folder, "index.mjs");
  const children: ChildProcess[] = [];
  await bundleAgent(main);

  return {
    async start(words, variables = {}) {
      const env = {
        PATH: process.env["PATH"] ?? "",
        AWS_ENDPOINT_URL: stack.aws.endpoint,
        AWS_REGION: stack.region,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_TOKEN: agentTokenText,
        ...variables,
      };
      const child = spawn(process.execPath, [main, "--port", "0", "--ttl", "3600", ...words], { env });
      children.push(child);
      let text = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += String(chunk)));
      const port = (): string | undefined => /"message":"listening","port":(\d+)/.exec(text)?.[1];
      await expect.poll(port, { timeout: 20_000 }).toBeDefined();
      return { port: Number(port()), output: () => text };
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        const ended = once(child, "close");
        if (child.exitCode === null && child.kill("SIGKILL")) await ended;
      }
      await rm(folder, { recursive: true });
    },
  };
}
