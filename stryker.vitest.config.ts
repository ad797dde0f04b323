import { defineConfig } from "vitest/config";

const rooms = process.env["REKEY_MUTATION_ROOMS"]?.split(",") ?? [];

/** The tests that judge the mutants of these rooms: not the property tests, which kill others in each run. */
export default defineConfig({
  test: {
    include: rooms.map((room) => `${room}/**/*.test.ts`),
    exclude: ["**/*.property.test.ts", "shared/rotation/killed.test.ts", "shared/errors/codes.test.ts"],
    testTimeout: 20_000,
  },
});
