import { defineConfig } from "vitest/config";

/**
 * The tests that judge the mutants of the core. The property tests of killed.test.ts are left out: they are slow and draw
 * at random, so that what they kill differs from run to run.
 */
export default defineConfig({
  test: {
    include: ["shared/rotation/**/*.test.ts", "shared/errors/rekey-error.test.ts"],
    exclude: ["shared/rotation/killed.test.ts"],
    testTimeout: 20_000,
  },
});
