import { expect, test } from "vitest";
import { parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { managedUsers } from "./managed-users.ts";

const secretOf = (id: string, more: object = {}) =>
  parseDatabaseSecret(
    new SecretValue(
      JSON.stringify({
        username: "default",
        password: "p",
        user_arn: `arn:aws:elasticache:us-east-1:123456789012:user:${id}`,
        ...more,
      }),
    ),
  );

test("users of a cache service are told apart by their ARNs, whatever their names and hosts", () => {
  const users = managedUsers();
  users.claim("orders", secretOf("orders"));
  users.claim("billing", secretOf("billing"));
  expect(users.sharedWith("orders", secretOf("orders"))).toEqual(new Map());
  users.claim("copy", secretOf("orders", { host: "cache.example.com" }));
  expect(users.sharedWith("orders", secretOf("orders"))).toEqual(new Map([["copy", "default"]]));
});
