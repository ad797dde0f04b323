import { expect, test } from "vitest";
import { arnPatterns } from "./arn-patterns.ts";

const secret = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;

test.each([
  ["db/*", "db/orders-AbCdEf", true],
  ["db/*", "dbx-AbCdEf", false],
  ["db/orders-??????", "db/orders-AbCdEf", true],
  ["db/orders-??????", "db/orders-old-AbCdEf", false],
  ["db/orders-AbCdEf", "db/orders-AbCdEf", true],
  ["db/o.ders-??????", "db/orders-AbCdEf", false],
  ["db/a+b-??????", "db/a+b-AbCdEf", true],
])("the pattern %s and the secret %s: %s", (pattern, name, fits) => {
  expect(arnPatterns(["other", secret(pattern)])(secret(name))).toBe(fits);
});

test("without a pattern nothing fits", () => {
  expect(arnPatterns([])(secret("db/orders-AbCdEf"))).toBe(false);
});
