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
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
