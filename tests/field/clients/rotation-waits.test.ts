import { resolve } from "node:path";
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

const main = resolve(import.meta.dirname, "../../../dist/package/cli/rekey.js");
const generous = { timeout: 240_000 };

printFieldCases();

let stage: CliStage;
beforeAll(async () => {
  // Tried again sooner than by default, and not more often than a rotation is waited for.
  stage = await startCliStage({ rotationRetry: { attempts: 5, delayMs: 1_000 } });
  await stage.secret("limit/full");
});
afterAll(async () => stage.stop());

async function rekey(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [main, ...words], { env: stage.variables }, (error, out) =>
      done({ code: typeof error?.code === "number" ? error.code : 0, out }),
    );
  });
}

test(
  "a rotation whose role has no connection left ends with that before its time is up, and status shows it",
  generous,
  fieldCase("it stops silently", async () => {
    await stage.postgres.admin("ALTER ROLE limit_full CONNECTION LIMIT 0");
    const beganMs = performance.now();
    const { code, out } = await rekey("rotate", "limit/full", "--yes", "--json");
    expect(performance.now() - beganMs).toBeLessThan(120_000);
    expect(code).toBe(1);
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const told = events.filter(({ type }) => type === "progress").map(({ progress, code: why }) => [progress, why]);
    expect(told).toEqual([
      ["requested", undefined],
      ["waiting", "database-busy"],
      ["failed", "rotation-failed"],
    ]);
    expect(events.findLast(({ progress }) => progress === "failed")?.["hint"]).toContain("CONNECTION LIMIT");

    const shown = await rekey("status");
    expect(shown.out).toMatch(/limit\/full +rotating: database-busy/);
    expect((await rekey("status", "--check")).code).toBe(1);
    expect(JSON.parse((await rekey("status", "--json")).out)).toMatchObject({
      health: "rotating",
      obstacle: { code: "database-busy", isFinal: true, step: { outcome: "failed" } },
    });
  }),
);
