import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { startFlakyBackend } from "./flaky-backend.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
import { type HttpLoad, httpLoad } from "./http-load.ts";

const rounds = 5;
const roundMs = 500;
const token = "bench";
const path = "/secretsmanager/get?secretId=bench";
const headers = `X-Aws-Parameters-Secrets-Token: ${token}\r\n`;

/**
 * AWS's agent 2.0.0 as a release build on two cores on 2026-11-23, its load made by `node:http`, which itself takes 30 to
 * 50 µs for a read, so more would have been possible; the middle of what several runs gave. It was not run beside ours.
 */
const quoted = {
  perSecond: { 1: { at: 1, value: 16_250 }, 64: { at: 100, value: 25_000 } },
  p99Ms: { 1: { at: 1, value: 0.265 }, 64: { at: 100, value: 11.8 } },
  megabytes: 12.7,
} as const;

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

/** A program that prints the port that it listens on. */
async function start(file: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Server> {
  const child = spawn(process.execPath, [new URL(file, import.meta.url).pathname, ...words], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, port: (JSON.parse(line) as { readonly port: number }).port };
}

async function stop({ child }: Server): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "close");
}

/** Of the memory that the process has to itself and shares, as the system counts it; only Linux tells. */
async function residentMegabytes({ child }: Server): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024;
}

async function measured(
  loads: Readonly<Record<string, HttpLoad>>,
): Promise<(name: string) => { readonly perSecond: number; readonly p99Ms: number }> {
  const results = new Map(
    Object.keys(loads).map((name) => [name, { perSecond: [] as number[], p99Ms: [] as number[] }]),
  );
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, load] of Object.entries(loads)) {
      const { perSecond, p99Ms } = await load.run(round === 0 ? roundMs / 2 : roundMs);
      if (round > 0) {
        results.get(name)?.perSecond.push(perSecond);
        results.get(name)?.p99Ms.push(p99Ms);
      }
    }
  }
  return (name) => ({
    perSecond: median(results.get(name)?.perSecond ?? []),
    p99Ms: median(results.get(name)?.p99Ms ?? []),
  });
}

/** Warm reads of one secret from `rekey agent`, a process of its own, beside the floor in the same run. */
export async function benchAgent(): Promise<readonly Figure[]> {
  await using backend = await startFlakyBackend();
  const agent = await start("../dist/agent/index.mjs", ["--port", "0"], {
    AWS_TOKEN: token,
    AWS_ENDPOINT_URL: backend.endpoint,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  });
  const request = { headers: { "X-Aws-Parameters-Secrets-Token": token } };
  const { length } = await (await fetch(`http://127.0.0.1:${agent.port}${path}`, request)).text();
  const floor = await start("constant-server.ts", [String(length)]);
  try {
    const figures: Figure[] = [];
    for (const connections of [1, 64] as const) {
      const loads = {
        agent: await httpLoad(agent.port, path, headers, connections),
        floor: await httpLoad(floor.port, path, headers, connections),
      };
      const each = await measured(loads);
      for (const load of Object.values(loads)) load.close();
      const [ours, bare] = [each("agent"), each("floor")];
      for (const [member, what, unit] of [
        ["perSecond", "reads a second", "1/s"],
        ["p99Ms", "p99", "ms"],
      ] as const) {
        const { at, value } = quoted[member][connections];
        figures.push(
          ...figuresOf("agent", `${what}, connections: ${connections}`, unit, ours[member], {
            "bare node:http": bare[member],
            [`AWS's agent, connections: ${at} (quoted, not run here)`]: value,
          }),
        );
      }
    }
    const peers = {
      "bare node:http": await residentMegabytes(floor),
      "AWS's agent (quoted, not run here)": quoted.megabytes,
    };
    figures.push(...figuresOf("agent", "resident memory after it", "MB", await residentMegabytes(agent), peers));
    return figures;
  } finally {
    await Promise.all([agent, floor].map(stop));
  }
}
