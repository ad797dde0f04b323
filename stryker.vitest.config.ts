import { defineConfig } from "vitest/config";

/** The tests that judge the mutants of the core. */
export default defineConfig({
  test: { include: ["shared/rotation/**/*.test.ts", "shared/errors/rekey-error.test.ts"], testTimeout: 20_000 },
});
