import { spawn } from "node:child_process";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../support/listening.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const soon = { timeout: 60_000, interval: 20 };
const script = new URL("../../support/thaw/reading-child.ts", import.meta.url).pathname;

interface Told {
  readonly gave?: string;
  readonly event?: string;
  readonly code?: string;
  /** Of a read. */
  readonly askedAtMs?: number;
  readonly atMs: number;
}

/** Secrets Manager with one secret. While it holds answers back, they are given to nobody. */
async function startSource() {
  const held: ServerResponse[] = [];
  const state = { text: "one", isHolding: false };
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (state.isHolding) return void held.push(response);
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ VersionId: state.text, SecretString: state.text, CreatedDate: 1_700_000_000 }));
    });
  });
  const { port, stop } = await listening(server);
  onTestFinished(stop);
  return Object.assign(state, { held, endpoint: `http://127.0.0.1:${port}` });
}

function startService(words: readonly (string | number)[]) {
  const child = spawn(process.execPath, [script, ...words.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  const told = (): readonly Told[] =>
    output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Told);
  return { child, told };
}

test.each([
  ["has a value that is long past its time", 300, 3_600_000],
  ["has a value that may be served for a while", 4_000, 3_600_000],
  ["may serve no value past its time", 300, 1],
])(
  "a service that is stopped during a request, and %s, serves the new value and nothing else when it goes on",
  { timeout: 60_000 },
  async (_what, ttlMs, maxStaleMs) =>
    fieldCase("it stops silently", async () => {
      const source = await startSource();
      const { child, told } = startService([source.endpoint, ttlMs, maxStaleMs]);
      await expect.poll(() => told().filter(({ gave }) => gave === "one").length, soon).toBeGreaterThan(5);
      source.isHolding = true;
      await expect.poll(() => source.held.length, { ...soon, interval: 2 }).toBe(1);
      child.kill("SIGSTOP");
      source.text = "two";
      source.isHolding = false;
      await pause(2_500);
      const goesOnAtMs = Date.now();
      child.kill("SIGCONT");
      // A read that was stopped between its answer and the telling of it gave what was right before.
      const after = (): readonly Told[] => told().filter(({ askedAtMs, atMs }) => (askedAtMs ?? atMs) >= goesOnAtMs);
      await expect.poll(() => after().filter(({ gave }) => gave !== undefined).length, soon).toBeGreaterThan(20);
      const stopped = told().filter(({ askedAtMs = 0, atMs }) => askedAtMs < goesOnAtMs && atMs >= goesOnAtMs);
      expect(["one", "two"]).toEqual(expect.arrayContaining(stopped.flatMap(({ gave }) => gave ?? [])));
      expect(new Set(after().map(({ gave, event, code }) => gave ?? `${event} ${code}`))).toEqual(new Set(["two"]));
    })(),
);

test(
  "a service whose source is silent, and which was not stopped, counts that as a failure",
  { timeout: 60_000 },
  fieldCase("it stops silently", async () => {
    const source = await startSource();
    const { told } = startService([source.endpoint, 300, 3_600_000]);
    await expect.poll(() => told().length, soon).toBeGreaterThan(5);
    source.isHolding = true;
    await expect
      .poll(() => told().map(({ event, code }) => `${event} ${code}`), soon)
      .toContain("stale time-budget-spent");
    expect(told().findLast(({ gave }) => gave !== undefined)).toMatchObject({ gave: "one" });
  }),
);
