import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: CliStage;
/** A line of its own, a new title, colors, a cleared screen, C1's CSI, a reversed direction, a separator of lines. */
const hostile =
  "u\nall is well\r\u001B]0;owned\u0007\u001B[2J\u001B[32mgreen\u009B31m\u202Eesrever\u2066\u2028next\u2029\u200B\u007F";
const forging = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;

beforeAll(async () => {
  stage = await startCliStage();
  const { host, port } = stage.postgres;
  const value = { engine: "postgres", host, port, ssl: "disable", username: hostile, password: "canary" };
  const elsewhere = { ...value, username: "u", host: `127.0.0.1${hostile}` };
  for (const [Name, one] of Object.entries({ "db/user": value, "db/host": elsewhere })) {
    const Tags = [{ Key: "rekey:mirror", Value: "true" }];
    await stage.secrets.createSecret({ Name, SecretString: JSON.stringify(one), Tags });
  }
});
afterAll(async () => stage.stop());

const expectPlain = (printed: string): void => {
  expect(printed).not.toMatch(forging);
  expect(printed).not.toMatch(/^\s*all is well/m);
};

test.each([
  ["a user's name", "the doctor", ["doctor", "db/user"]],
  ["a host's name", "the doctor", ["doctor", "db/host"]],
  ["a user's name", "the doctor of every secret", ["doctor", "--search", "user"]],
  ["a user's name", "a rotation's plan", ["plan-rotation", "db/user"]],
  ["a host's name", "a rotation's plan", ["plan-rotation", "db/host"]],
  ["a user's name", "an adoption", ["adopt", "db/user", "--dry-run"]],
  ["a host's name", "an adoption's question", ["adopt", "db/host"]],
])("%s with control characters forges a line or a command to the terminal in %s: refused", async (of, _in, words) => {
  const { out, err } = await stage.rekey(...words);
  // A host with a blank or a control character is refused by its field, and stands in no error.
  const escaped = String.raw`\u000aall is well\u000d\u001b]0;owned\u0007\u001b[2J`;
  expect(out + err).toContain(of === "a host's name" ? "field=host" : escaped);
  expectPlain(out + err);
});

test.each([["doctor"], ["plan-rotation"]])(
  "a user's name with control characters reaches the terminal through %s --json: refused, and the JSON is whole",
  async (command) => {
    const { out } = await stage.rekey(command, "db/user", "--json");
    expectPlain(out);
    expect(JSON.stringify(JSON.parse(out))).toContain(JSON.stringify(hostile).slice(1, -1));
  },
);

test("an event with control characters forges a line in a function's log, run by hand: refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rekey-event-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const event = { Step: "createSecret", SecretId: `x${hostile}`, ClientRequestToken: "0".repeat(32) };
  writeFileSync(join(folder, "event.json"), JSON.stringify(event));
  const { out, err } = await stage.rekey("invoke", "rotate-postgres", join(folder, "event.json"));
  expect(out + err).toContain(String.raw`\u009b31m\u202e`);
  expectPlain(out + err);
});

test("a word of the command line that is repeated in an error moves the terminal's cursor: refused", async () => {
  const { code, err } = await stage.rekey("doctor", `--no\u001B[2J\u202Eption`);
  expect(code).toBe(2);
  expectPlain(err);
  const other = await stage.rekey("rotate", "db/user", "--campaign", `x${hostile}`);
  expectPlain(other.err);
});
