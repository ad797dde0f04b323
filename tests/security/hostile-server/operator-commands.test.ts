import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";
import { type EndlessPostgres, startEndlessPostgres } from "../../support/endless-postgres.ts";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

let stage: CliStage;
let rogue: EndlessPostgres;
let flooding: EndlessPostgres;
const soon = { timeout: 60_000 };
const tag = (team: string) => [
  { Key: "team", Value: team },
  { Key: "rekey:mirror", Value: "true" },
];

beforeAll(async () => {
  stage = await startCliStage();
  rogue = await startEndlessPostgres();
  flooding = await startEndlessPostgres("of a gigabyte");
  await stage.secret("db/orders", { team: "shop" });
  const value = { ...rogue.place, username: "u", password: "now-canary" };
  await stage.secrets.createSecret({ Name: "db/rogue", SecretString: JSON.stringify(value), Tags: tag("shop") });
  const flooded = JSON.stringify({ ...value, ...flooding.place });
  await stage.secrets.createSecret({ Name: "db/flooding", SecretString: flooded });
  const SecretString = JSON.stringify({ ...value, password: "next-canary" });
  await stage.secrets.putSecretValue({ SecretId: "db/rogue", SecretString });
});
afterAll(async () => {
  await rogue.stop();
  await flooding.stop();
  await stage.stop();
});

/** What a command printed when it ended; it is killed where it does not end by itself. */
async function run(words: readonly string[], signal?: "SIGINT" | "SIGTERM") {
  const before = rogue.sent();
  const { child, printed, code } = stage.spawnRekey(...words);
  onTestFinished(() => void child.kill("SIGKILL"));
  if (signal !== undefined) {
    await vi.waitUntil(() => rogue.sent() > before, soon);
    child.kill(signal);
  }
  const ended = await Promise.race([code, setTimeout(100_000, "it never ended", { ref: false })]);
  expect(printed.out + printed.err).not.toContain("canary");
  return { ended, out: printed.out, err: printed.err };
}

test.each<[string, readonly string[], "SIGINT" | "SIGTERM"]>([
  ["the doctor of its secret, past SIGTERM", ["doctor", "db/rogue"], "SIGTERM"],
  ["the doctor of every secret, past Ctrl-C", ["doctor", "--tag", "team=shop"], "SIGINT"],
  ["a rollback, past SIGTERM", ["rollback", "db/rogue", "--yes"], "SIGTERM"],
  ["an adoption, past Ctrl-C", ["adopt", "db/rogue", "--yes"], "SIGINT"],
])("a server whose message has no end holds up %s: refused", async (_what, words, signal) => {
  const { ended } = await run(words, signal);
  // The driver's guard may have refused the answer before the signal came; a command that is about to end is ended by it (null).
  expect([0, 1, signal === "SIGINT" ? 130 : 143, null]).toContain(ended);
  await expect.poll(rogue.open, soon).toBe(0);
});

test("a server whose message has no end keeps the doctor from a verdict on its own secret and on others: refused", async () => {
  const { ended, out } = await run(["doctor", "--json", "--tag", "team=shop"]);
  const findings = new Map(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly name: string; readonly findings: readonly { code: string }[] })
      .map(({ name, findings: found }) => [name, found.map(({ code }) => code)]),
  );
  expect(findings.get("db/orders")).toEqual(["tls-not-verified"]);
  expect(findings.get("db/rogue")).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:time-budget-spent|server-misbehaved)$/)]),
  );
  expect(ended).toBe(1);
});

test("a server fills the operator's memory with a message of a gigabyte: refused", async () => {
  const { ended, out } = await run(["doctor", "db/flooding", "--json"]);
  expect(out).toContain('"server-misbehaved"');
  expect(ended).toBe(1);
  await expect.poll(flooding.open, soon).toBe(0);
});
