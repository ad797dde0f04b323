import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { storedPassword } from "./password-hash.ts";

const like = (algorithm: string) => ({ algorithm, hash: new SecretValue("") });

test("the vector of RabbitMQ's documentation", () => {
  const salt = Buffer.from("908DC60A", "hex");
  const { hash, algorithm } = storedPassword(new SecretValue("test12"), like("rabbit_password_hashing_sha256"), salt);
  expect(algorithm).toBe("rabbit_password_hashing_sha256");
  expect(hash.reveal()).toBe("kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
});

test.each([
  ["rabbit_password_hashing_sha512", "rabbit_password_hashing_sha512", 68],
  ["rabbit_password_hashing_md5", "rabbit_password_hashing_sha256", 36],
])("a user of %s gets %s, with a salt of its own each time", (before, after, bytes) => {
  const [one, other] = [
    storedPassword(new SecretValue("p"), like(before)),
    storedPassword(new SecretValue("p"), like(before)),
  ];
  expect(one.algorithm).toBe(after);
  expect(Buffer.from(one.hash.reveal(), "base64")).toHaveLength(bytes);
  expect(one.hash.reveal()).not.toBe(other.hash.reveal());
  expect(inspect(one, { depth: 9 })).not.toContain(one.hash.reveal());
});
