import { expect, onTestFinished, test } from "vitest";
import {
  type Misbehavior,
  startFailingEndpoint,
  startForgetfulPostgres,
  startLendingVault,
  startMuteMysql,
  startMutePostgres,
} from "../support/failing-endpoint.ts";
import type { Told } from "../support/liveness/one-by-one.ts";
import { redisServer, startRedis } from "../support/redis.ts";
import { type EndedScript, runScript } from "../support/script-process.ts";

/** What the scripts set as theirs when all is done; a wait that nothing keeps alive ends Node with 13 or 0 before that. */
const exitCode = 7;
const scripts = {
  reading: new URL("../support/liveness/reading-child.ts", import.meta.url),
  connecting: new URL("../support/liveness/connecting-child.ts", import.meta.url),
  closing: new URL("../support/liveness/closing-child.ts", import.meta.url),
  background: new URL("../support/liveness/background-child.ts", import.meta.url),
};

const run = async (
  script: keyof typeof scripts,
  words: readonly (string | number)[],
  signal: AbortSignal,
): Promise<EndedScript> => runScript(scripts[script], [...words, exitCode].map(String), { signal });

const toldBy = ({ output }: EndedScript): readonly Told[] =>
  output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told);

async function stopped<Part extends { stop(): Promise<void> }>(starting: Promise<Part>): Promise<Part> {
  const part = await starting;
  onTestFinished(async () => part.stop());
  return part;
}

const reads = [
  "get",
  "json",
  "refresh",
  "pending",
  "previous",
  "prefetch",
  "handle",
  "middleware",
  "pg's query",
  "mysql2's query",
  "Redis's connection",
  "a read that joins a request which nobody waited for",
];
const others = [
  "failover's get",
  "vault's get",
  "vault's refresh",
  "vault-dynamic's get",
  "vault-dynamic's pending",
  "vault-dynamic's read",
];

/** `prefetch` leaves what cannot be read to the read that needs it. */
const endOf = (wait: string, code: RegExp): unknown => ({
  wait,
  before: [],
  outcome: wait === "prefetch" ? "done" : expect.stringMatching(code),
});

const endpoints: readonly (readonly [Misbehavior, { readonly timeoutMs: number; readonly store: RegExp }])[] = [
  ["refuses", { timeoutMs: 20_000, store: /^store-unavailable$/ }],
  ["hangs", { timeoutMs: 200, store: /^time-budget-spent$/ }],
  ["throttles", { timeoutMs: 20_000, store: /^store-throttled$/ }],
  ["fails", { timeoutMs: 20_000, store: /^store-unavailable$/ }],
];

test.for(endpoints)(
  "each read is the only thing that keeps its process alive, and settles, while the endpoint %s",
  { timeout: 120_000 },
  async ([how, { timeoutMs, store }], { signal }) => {
    const { port } = await stopped(startFailingEndpoint(how));
    const ended = await run("reading", [port, timeoutMs], signal);
    expect(toldBy(ended)).toEqual([
      ...reads.map((wait) => endOf(wait, store)),
      ...others.map((wait) =>
        endOf(wait, wait.startsWith("vault") ? /^(mirror-unavailable|time-budget-spent|vault-throttled)$/ : store),
      ),
    ]);
    expect(ended).toMatchObject({ code: exitCode });
  },
);

test("each read settles, too, while a source without a socket is silent", async ({ signal }) => {
  const ended = await run("reading", ["none", 100], signal);
  expect(toldBy(ended)).toEqual(reads.map((wait) => endOf(wait, /^time-budget-spent$/)));
  expect(ended).toMatchObject({ code: exitCode });
});

test.for([
  ["refuses", { pg: "ECONNREFUSED", mysql2: "ECONNREFUSED", redis: "ECONNREFUSED" }],
  // The driver of PostgreSQL tells of its time-out in words alone.
  ["hangs", { pg: "Error", mysql2: "ETIMEDOUT", redis: "time-budget-spent" }],
] as const)(
  "each connection settles while the server that it is made to %s",
  { timeout: 120_000 },
  async ([how, { pg, mysql2, redis }], { signal }) => {
    const { port } = await stopped(startFailingEndpoint(how));
    const ended = await run("connecting", [port], signal);
    expect(toldBy(ended).map(({ wait, outcome }) => [wait, outcome])).toEqual([
      ["pg's query", pg],
      ["pg's end", "done"],
      ["mysql2's query", mysql2],
      ["mysql2's end", "done"],
      ["Redis's connection", redis],
    ]);
    expect(ended).toMatchObject({ code: exitCode });
  },
);

test(
  "each close ends within its time-out, whatever does not end by itself",
  { timeout: 120_000 },
  async ({ signal }) => {
    const servers = [startForgetfulPostgres(), startMutePostgres(), startMuteMysql(), startLendingVault()];
    const ports = (await Promise.all(servers.map(stopped))).map(({ port }) => port);
    const ended = await run("closing", [...ports, "none"], signal);
    const closes = [
      ["the client's close, while a read waits", "pool-closed"],
      ["the client's close, with a subscription that does not end", "done"],
      ["a subscription's end", "done"],
      ["pg's end, while a connection is not given back", "done"],
      ["pg's end, while the server does not close", "done"],
      ["mysql2's end, while the server does not close", "done"],
      ["the lease keeper's close, while Vault hangs", "done"],
      ["the lease keeper's close, while the login's token does not come", "done"],
    ];
    expect(toldBy(ended)).toEqual(closes.map(([wait, outcome]) => ({ wait, before: [], outcome })));
    expect(ended).toMatchObject({ code: exitCode });
  },
);

test.skipIf(redisServer === undefined)("so does Redis's end, while a command waits for ever", async ({ signal }) => {
  const { port } = await stopped(startRedis(redisServer ?? ""));
  const ended = await run("closing", ["", "", "", "", port], signal);
  expect(toldBy(ended)).toEqual([{ wait: "Redis's end, while a command waits for ever", before: [], outcome: "done" }]);
  expect(ended).toMatchObject({ code: exitCode });
});

test("work in the background alone keeps no process alive", async ({ signal }) => {
  const [postgres, vault] = [await stopped(startForgetfulPostgres()), await stopped(startLendingVault())];
  const ended = await run("background", [postgres.port, vault.port], signal);
  expect(JSON.parse(ended.output)).toEqual({ reads: 2, versionId: expect.any(String), timers: [] });
  expect(ended).toMatchObject({ code: exitCode });
});
