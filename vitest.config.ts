import { defineConfig } from "vitest/config";

const report = process.env["REKEY_TEST_REPORT"];

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
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
