import { expect, test } from "vitest";
import { parseLoginSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { serverHost } from "./server-settings.ts";

const secret = (more: object) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "p", ...more })));

test("the host is the caller's, or else the secret's", () => {
  expect(serverHost(secret({ host: "of-secret" }), "given", "pool.host")).toBe("given");
  expect(serverHost(secret({ host: "of-secret" }), undefined, "pool.host")).toBe("of-secret");
});

test("without any host the error says where to give one", () => {
  expect(() => serverHost(secret({}), undefined, "pool.host")).toThrow(
    expect.objectContaining({
      code: "secret-malformed",
      context: { field: "host", problem: "missing" },
      hint: 'add "host" to the secret\'s JSON, or give it as pool.host',
    }),
  );
});
