import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleObviously } from "../../bundle/bundle-function.ts";
import { functionEnvironment } from "../../bundle/function-environment.ts";

const root = path.resolve(import.meta.dirname, "../..");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-budget-"));
});
afterAll(async () => rm(folder, { recursive: true }));

interface Budget {
  /** Of the bundle. */
  readonly bytes: number;
  /** Of the functions that its import runs: what Node must compile and run before the first event. */
  readonly evaluatedBytes: number;
  /** Parts of Node itself that its import loads. */
  readonly builtins: number;
}

/** A cold start's work, counted: it is the same on every machine, and a tenth more than it is now is a decision. */
const budgets: Readonly<Record<string, Budget>> = {
  "announce-change": { bytes: 210_000, evaluatedBytes: 70_000, builtins: 56 },
  "check-login": { bytes: 1_240_000, evaluatedBytes: 360_000, builtins: 96 },
  "mirror-to-vault": { bytes: 300_000, evaluatedBytes: 101_000, builtins: 86 },
  "notify-chat": { bytes: 176_000, evaluatedBytes: 61_000, builtins: 84 },
  "notify-redis": { bytes: 202_000, evaluatedBytes: 63_000, builtins: 58 },
  "notify-webhook": { bytes: 190_000, evaluatedBytes: 60_000, builtins: 84 },
  reconcile: { bytes: 325_000, evaluatedBytes: 122_000, builtins: 86 },
  "retire-previous": { bytes: 365_000, evaluatedBytes: 165_000, builtins: 58 },
  "rotate-active-directory": { bytes: 305_000, evaluatedBytes: 84_000, builtins: 65 },
  "rotate-elasticache": { bytes: 326_000, evaluatedBytes: 132_000, builtins: 58 },
  "rotate-elasticsearch": { bytes: 251_000, evaluatedBytes: 88_000, builtins: 84 },
  "rotate-http-api": { bytes: 235_000, evaluatedBytes: 76_000, builtins: 84 },
  "rotate-http-api-key": { bytes: 235_000, evaluatedBytes: 74_000, builtins: 84 },
  "rotate-iam-access-key": { bytes: 285_000, evaluatedBytes: 105_000, builtins: 58 },
  "rotate-kafka": { bytes: 245_000, evaluatedBytes: 78_000, builtins: 56 },
  "rotate-ldap": { bytes: 310_000, evaluatedBytes: 82_000, builtins: 65 },
  "rotate-mariadb": { bytes: 400_000, evaluatedBytes: 117_000, builtins: 56 },
  "rotate-mongodb": { bytes: 480_000, evaluatedBytes: 133_000, builtins: 65 },
  "rotate-msk": { bytes: 245_000, evaluatedBytes: 78_000, builtins: 56 },
  "rotate-mysql": { bytes: 400_000, evaluatedBytes: 117_000, builtins: 56 },
  "rotate-opensearch": { bytes: 265_000, evaluatedBytes: 94_000, builtins: 86 },
  "rotate-oracle": { bytes: 488_000, evaluatedBytes: 163_000, builtins: 60 },
  "rotate-postgres": { bytes: 310_000, evaluatedBytes: 92_000, builtins: 60 },
  "rotate-redis": { bytes: 248_000, evaluatedBytes: 77_000, builtins: 58 },
  "rotate-redshift": { bytes: 300_000, evaluatedBytes: 88_000, builtins: 60 },
  "rotate-signing-key": { bytes: 228_000, evaluatedBytes: 74_000, builtins: 56 },
  "rotate-sqlserver": { bytes: 243_000, evaluatedBytes: 82_000, builtins: 54 },
  "rotate-vault-static-role": { bytes: 300_000, evaluatedBytes: 104_000, builtins: 86 },
};

async function workOf(outfile: string): Promise<Budget> {
  const env = { PATH: process.env["PATH"], ...functionEnvironment };
  const script = path.join(root, "bundle/import-work.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, outfile], { env });
  return { bytes: (await stat(outfile)).size, ...(JSON.parse(stdout) as Omit<Budget, "bytes">) };
}

const over = (work: Budget, budget: Budget): readonly string[] =>
  (["bytes", "evaluatedBytes", "builtins"] as const).filter((measure) => work[measure] > budget[measure]);

/** A new function's, until it has one of its own: that of the largest rotation function. */
const firstBudget: Budget = { bytes: 480_000, evaluatedBytes: 133_000, builtins: 86 };
const names = readdirSync(path.join(root, "functions"));

test("every budget is a function's", () => {
  expect(Object.keys(budgets).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(names)("the import of %s stays within its budget", async (name) => {
  const budget = budgets[name] ?? firstBudget;
  const work = await workOf(path.join(root, "dist/functions", name, "index.mjs"));
  expect(work.evaluatedBytes).toBeGreaterThan(budget.evaluatedBytes / 2);
  expect({ over: over(work, budget), work }).toEqual({ over: [], work });
});

test("the build that one would write first is over each of them", async () => {
  const outfile = path.join(folder, "obvious.mjs");
  await bundleObviously("rotate-postgres", outfile);
  const { "rotate-postgres": budget = { bytes: 0, evaluatedBytes: 0, builtins: 0 } } = budgets;
  expect(budget.bytes).toBeGreaterThan(0);
  expect(over(await workOf(outfile), budget)).toHaveLength(3);
});
