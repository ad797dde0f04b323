import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { startFlakyBackend } from "./flaky-backend.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
import { type LoadResult, wrk } from "./wrk.ts";

const rounds = 5;
const roundSeconds = 2;
const secrets = 1_000;
const token = "bench";
const headers = { "X-Aws-Parameters-Secrets-Token": token };
const path = "/secretsmanager/get?secretId=bench";

/**
 * AWS's agent 2.0.0 as a release build, loaded by `wrk -t1` on two cores on another day: the middle of 34,000 to 38,000 reads a
 * second (p99 43 to 227 µs) on one connection, of 89,000 to 109,000 on 64, and 14.5 MB. It is not run here: it is a program in
 * Rust that takes four minutes to build.
 */
const quoted = {
  perSecond: { 1: 36_000, 64: 99_000 },
  p99Ms: { 1: 0.135, 64: 1.7 },
  megabytes: 14.5,
} as const;
const quotedName = "AWS's agent (quoted, another day)";

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

/** Of the process, in units of 10 ms; only Linux tells. */
async function cpuSeconds({ child }: Server): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
  const [userTicks, systemTicks] = status.slice(status.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  return ((userTicks ?? Number.NaN) + (systemTicks ?? Number.NaN)) / 100;
}

interface Measured extends LoadResult {
  /** CPU time of a read, which a busy machine changes least. */
  readonly cpuUs: number;
}

/** Each by turns, so that what else the machine does meets all alike. The first round warms up. */
async function measured(
  servers: Readonly<Record<string, Server>>,
  connections: number,
): Promise<(name: string) => Measured> {
  const results = Object.entries(servers).map(([name, server]) => [name, server, [] as Measured[]] as const);
  for (let round = 0; round <= rounds; round++) {
    for (const [, server, found] of results) {
      const before = await cpuSeconds(server);
      const result = await wrk(`http://127.0.0.1:${server.port}${path}`, headers, connections, roundSeconds);
      const cpuUs = (((await cpuSeconds(server)) - before) * 1e6) / (result.perSecond * roundSeconds);
      if (round > 0) found.push({ ...result, cpuUs });
    }
  }
  const byName = new Map(results.map(([name, , found]) => [name, found]));
  return (name) => ({
    perSecond: median((byName.get(name) ?? []).map(({ perSecond }) => perSecond)),
    p99Ms: median((byName.get(name) ?? []).map(({ p99Ms }) => p99Ms)),
    cpuUs: median((byName.get(name) ?? []).map(({ cpuUs }) => cpuUs)),
  });
}

async function readAll({ port }: Server): Promise<void> {
  for (let number = 0; number < secrets; number++)
    await (await fetch(`http://127.0.0.1:${port}/v1/bench-${number}`, { headers })).text();
}

/** Warm reads of one secret from `rekey agent`, a process of its own, with the floor in the same run. */
export async function benchAgent(): Promise<readonly Figure[]> {
  await using backend = await startFlakyBackend();
  const agent = await start("../dist/agent/index.mjs", ["--port", "0", "--new-reads", "10000"], {
    // As the page's image starts it.
    NODE_OPTIONS: "--max-semi-space-size=1",
    AWS_TOKEN: token,
    AWS_ENDPOINT_URL: backend.endpoint,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  });
  const { length } = await (await fetch(`http://127.0.0.1:${agent.port}${path}`, { headers })).text();
  const floor = await start("constant-server.ts", [String(length)]);
  try {
    const figures: Figure[] = [];
    for (const connections of [1, 64] as const) {
      const each = await measured({ agent, floor }, connections);
      const [ours, bare] = [each("agent"), each("floor")];
      for (const [member, what, unit] of [
        ["perSecond", "reads a second", "1/s"],
        ["p99Ms", "p99", "ms"],
      ] as const)
        figures.push(
          ...figuresOf("agent", `${what}, connections: ${connections}`, unit, ours[member], {
            "bare node:http": bare[member],
            [quotedName]: quoted[member][connections],
          }),
        );
      const peers = { "bare node:http": bare.cpuUs };
      figures.push(...figuresOf("agent", `CPU of a read, connections: ${connections}`, "µs", ours.cpuUs, peers));
    }
    const peers = async () => ({ "bare node:http": await residentMegabytes(floor), [quotedName]: quoted.megabytes });
    figures.push(
      ...figuresOf("agent", "resident memory after it", "MB", await residentMegabytes(agent), await peers()),
    );
    await readAll(agent);
    const full = await residentMegabytes(agent);
    figures.push(...figuresOf("agent", `resident memory with ${secrets} secrets`, "MB", full, await peers()));
    return figures;
  } finally {
    await Promise.all([agent, floor].map(stop));
  }
}
