import { randomInt } from "node:crypto";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestSpecification } from "vitest/node";

const report = process.env["REKEY_TEST_REPORT"];
const isFullRun = process.env["REKEY_TEST_FULL"] === "1";
// The workers inherit it. tests/support/sampled.ts picks by it.
process.env["REKEY_TEST_SEED"] ??= String(randomInt(1_000_000));

/** Real servers and programs from end to end, case by case: `npm run test:full` alone runs them. */
const onlyInFullRuns = ["tests/field/**", "tests/package/**"];

/** What failed in the last run comes first. In a full run the engine contracts come next, which take minutes each. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => {
      if (this.ctx.cache.getTestSpecificationResult(file)?.failed === true) return 0;
      return file.moduleId.includes("/tests/engines/") ? 1 : 2;
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

export default defineConfig({
  test: {
    include: [
      "shared/**/*.test.ts",
      "functions/**/*.test.ts",
      "local/**/*.test.ts",
      "tests/**/*.test.ts",
      "bundle/**/*.test.ts",
      "cli/**/*.test.ts",
      "console/**/*.test.ts",
      "deploy/**/*.test.ts",
      ".ci/*.test.ts",
    ],
    exclude: ["**/node_modules/**", ...(isFullRun ? [] : onlyInFullRuns)],
    // No test is judged by its time: these end what hangs, also where a few things share two slow cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: Number(process.env["W"] ?? 4),
    isolate: process.env["ISO"] === "1",
    sequence: { sequencer: InOrder },
    reporters: [
      "default",
      ...(isFullRun ? [] : [saysHowItSamples]),
      ...(report === undefined ? [] : [jsonReport(report)]),
    ],
  },
});
