import { expect, test } from "vitest";
import { fakeSecretClient } from "../../testing/fake-secret-client.ts";
import { createRotatingPool as createMysqlPool } from "./mysql2/rotating-pool.ts";
import { createRotatingPool as createPgPool } from "./pg/rotating-pool.ts";

test.each([
  ["pg", createPgPool],
  ["mysql2", createMysqlPool],
])("a setting outside of `pool`, where %s would never see it, is refused by its name", async (_driver, createPool) => {
  await using client = fakeSecretClient();
  const misplaced = { client, secretId: "prod/orders", ssl: { ca: "a certificate" } };
  expect(() => createPool(misplaced)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: { option: "ssl" },
      hint: expect.stringContaining("pool: { ssl }"),
    }),
  );
});
