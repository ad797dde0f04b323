import { defineConfig } from "vitest/config";

/** The tests that judge the mutants of the core: not the property tests, which kill others in each run. */
export default defineConfig({
  test: {
    include: ["shared/rotation/**/*.test.ts", "shared/errors/rekey-error.test.ts"],
    exclude: ["shared/rotation/killed.test.ts", "shared/rotation/**/*.property.test.ts"],
    testTimeout: 20_000,
  },
});
