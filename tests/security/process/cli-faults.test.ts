import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: CliStage;
const soon = { timeout: 60_000 };
let contacts = 0;
const silent = createServer((socket) => {
  contacts++;
  socket.on("error", () => undefined);
});

beforeAll(async () => {
  stage = await startCliStage();
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const value = { engine: "postgres", host: "127.0.0.1", port, username: "u", password: "canary" };
  await stage.secrets.createSecret({ Name: "db/silent", SecretString: JSON.stringify(value) });
});
afterAll(async () => {
  silent.close();
  await stage.stop();
});

/** A library in the process that misbehaves when it is told to. */
const library = (fault: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`process.on("SIGUSR2", () => { ${fault} })`)}`,
});
const canary = 'Object.assign(new Error("canary-value"), { token: "canary-token" })';
const faults: readonly (readonly [string, string])[] = [
  ["rejects a promise that nobody awaits", `Promise.reject(${canary})`],
  ["throws where nobody catches", `setImmediate(() => { throw ${canary} })`],
];

test.each(faults)(
  "a library that %s prints a foreign message or stack from a command: refused",
  async (_what, fault) => {
    const before = contacts;
    const { child, printed, code } = stage.spawnRekeyWith(library(fault), "doctor", "db/silent");
    onTestFinished(() => void child.kill("SIGKILL"));
    await expect.poll(() => contacts, soon).toBeGreaterThan(before);
    child.kill("SIGUSR2");
    expect(await code).toBe(1);
    expect(printed.err).toBe("internal-fault: rekey met a state that it does not know (name=Error)\n");
    expect(printed.out).not.toContain("canary");
  },
);

async function startConsole(fault: string) {
  const { child, printed, code } = stage.spawnRekeyWith(library(fault), "console");
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(() => printed.out, soon).toMatch(/#token=.+\n/);
  const { origin } = new URL(printed.out.trim());
  return { child, printed, code, answers: async () => (await fetch(origin)).status };
}

test.each(faults)("a library that %s ends the console: refused", async (_what, fault) => {
  const { child, printed, code, answers } = await startConsole(fault);
  child.kill("SIGUSR2");
  await expect.poll(() => printed.err, soon).toContain("internal-fault");
  expect(await answers()).toBe(200);
  child.kill("SIGINT");
  expect(await code).toBe(0);
  expect(printed.err).not.toMatch(/canary|^ +at |file:/m);
});

test("a library that logs an error by itself puts its message and stack on the console's terminal: refused", async () => {
  const { child, printed, code, answers } = await startConsole(`console.error(${canary}); console.warn(${canary})`);
  child.kill("SIGUSR2");
  expect(await answers()).toBe(200);
  child.kill("SIGINT");
  expect(await code).toBe(0);
  expect(printed.err).not.toContain("canary");
});

test("a reader of the console's output that goes away ends the console: refused", async () => {
  const { child, code, answers } = await startConsole("");
  child.stdout.destroy();
  for (let line = 0; line < 3; line++) child.stdin.write("\n");
  await expect.poll(answers, soon).toBe(200);
  child.stdin.write("\n");
  expect(await answers()).toBe(200);
  child.kill("SIGINT");
  expect(await code).toBe(0);
});
