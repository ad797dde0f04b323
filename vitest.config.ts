import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const report = process.env["REKEY_TEST_REPORT"];

/** The engine contracts take minutes each. They come first, so that no worker is left alone with one at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number => Number(moduleId.includes("/tests/engines/"));
    return (await super.sort(files)).toSorted((one, other) => isLong(other) - isLong(one));
  }
}

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
    // No test is judged by its time: these end what hangs, also where a few things share two slow cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
