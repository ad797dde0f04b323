import { randomInt } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";

const report = process.env["REKEY_TEST_REPORT"];
const isFullRun = process.env["REKEY_TEST_FULL"] === "1";
// The workers inherit both. tests/support/sampled.ts picks by the seed.
process.env["REKEY_TEST_SEED"] ??= String(randomInt(1_000_000));
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled");

/** Whole programs on real servers, case by case: `npm run test:full` alone runs them. */
const onlyInFullRuns = [
  "tests/field/**",
  "tests/end-to-end/**",
  "tests/package/**",
  "tests/drop-in/**",
  "tests/docs/cdk-and-terraform.test.ts",
  "tests/conformance/emulators/**",
  "tests/chaos/**",
  "tests/security/{hostile-server,value-writer}/**",
  "tests/exec/**",
  "tests/client/pool-contract-*.test.ts",
  "cli/liveness.test.ts",
  "cli/commands/certify-engine/run.test.ts",
  "cli/commands/operate.test.ts",
  "cli/commands/smoke-test/*.test.ts",
];

/**
 * What failed in the last run comes first, then the fast tests, then the engine contracts, which wait much. In a full run these
 * take minutes each: they come before the fast ones, so that no worker is left alone with one.
 */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => {
      if (this.ctx.cache.getTestSpecificationResult(file)?.failed === true) return 0;
      if (file.moduleId.includes("/tests/engines/")) return isFullRun ? 1 : 3;
      return file.project.name === "units" ? 2 : 4;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

const saysHowItSamples: Reporter = {
  onTestRunStart: () =>
    void process.stdout.write(
      ` Sampled by REKEY_TEST_SEED=${process.env["REKEY_TEST_SEED"]}. npm run test:full tries everything.\n`,
    ),
};

const jsonReport = (outputFile: string): ["json", { outputFile: string }] => ["json", { outputFile }];

const unitTests = "{shared,functions,local,deploy,console}/**/*.test.ts";
/** A module that a test replaces would be replaced for the next file of the worker, too, or not at all. */
const replacingModules = globSync(unitTests, { cwd: import.meta.dirname }).filter((file) =>
  readFileSync(join(import.meta.dirname, file), "utf8").includes("vi.mock("),
);

const project = (name: string, isolate: boolean, include: string[], exclude: string[] = []) => ({
  extends: true as const,
  test: { name, isolate, include, exclude: ["**/node_modules/**", ...exclude, ...(isFullRun ? [] : onlyInFullRuns)] },
});

export default defineConfig({
  test: {
    projects: [
      // Their tests leave nothing behind in the process, so a worker loads their modules once.
      project("units", false, [unitTests], replacingModules),
      project("programs", true, ["{bundle,cli,tests}/**/*.test.ts", ".ci/*.test.ts", ...replacingModules]),
    ],
    // No test is judged by its time: these end what hangs, also where a few things share two slow cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Much of the time goes by in waiting for servers and time limits.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: InOrder },
    reporters: [
      "default",
      ...(isFullRun ? [] : [saysHowItSamples]),
      ...(report === undefined ? [] : [jsonReport(report)]),
    ],
  },
});
