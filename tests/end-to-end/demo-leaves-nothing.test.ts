import { expect, onTestFinished, test } from "vitest";
import { DemoProcess, nothing } from "../support/demo-process.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 120_000 };
const timeout = 300_000;

function start(...command: readonly [string, ...string[]]): DemoProcess {
  const demo = new DemoProcess(...command);
  onTestFinished(() => demo.remove());
  return demo;
}
const direct = [process.execPath, "local/demo/main.ts"] as const;
const throughNpm = ["npm", "run", "demo", "--"] as const;

const moments: readonly (readonly [string, (demo: DemoProcess) => boolean])[] = [
  ["while PostgreSQL starts", (demo) => demo.folders().length > 0],
  ["in the middle of a rotation", (demo) => /createSecret +done/u.test(demo.output)],
  ["when it is kept running", (demo) => demo.output.includes("Ctrl-C")],
];

test.each(moments)("SIGTERM to the demo alone, %s, leaves nothing", { timeout }, async (_moment, reached) => {
  const demo = start(...direct, "--keep");
  await expect.poll(() => reached(demo), soon).toBe(true);
  demo.child.kill("SIGTERM");
  expect(await demo.exit()).toEqual({ code: 143, output: expect.any(String) });
  await expect.poll(async () => demo.leftovers(), soon).toEqual(nothing);
});

test.each(moments)("Ctrl-C on npm run demo, %s, leaves nothing", { timeout }, async (_moment, reached) => {
  const demo = start(...throughNpm, "--keep");
  await expect.poll(() => reached(demo), soon).toBe(true);
  demo.interrupt();
  expect(await demo.exit()).toEqual({ code: 130, output: expect.any(String) });
  await expect.poll(async () => demo.leftovers(), soon).toEqual(nothing);
});

test("a PostgreSQL that dies in the middle ends the demo with 1 and leaves nothing", { timeout }, async () => {
  const demo = start(...direct);
  await expect.poll(() => demo.output, soon).toContain("moves 30 days");
  process.kill(demo.postgresPid(), "SIGKILL");
  expect(await demo.exit()).toEqual({ code: 1, output: expect.any(String) });
  await expect.poll(async () => demo.leftovers(), soon).toEqual(nothing);
});

test("the demo ends with 0, says that no query failed, and leaves nothing", { timeout }, async () => {
  const demo = start(...direct);
  expect(await demo.exit()).toEqual({ code: 0, output: expect.any(String) });
  expect(demo.output).toMatch(/ok +failed queries +0\n/u);
  expect(demo.output).toMatch(/ok +messages in dead-letter queues +0\n/u);
  expect(demo.output).not.toContain("WRONG");
  expect(demo.output).not.toContain("\u001B");
  expect(demo.output).toMatch(/\nNext steps\n\n(?: {2}\S.*\n)+$/u);
  await expect.poll(async () => demo.leftovers(), soon).toEqual(nothing);
});
