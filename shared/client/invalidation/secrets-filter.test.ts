import { expect, test } from "vitest";
import { secretsFilter } from "./secrets-filter.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/orders-AbCdEf";
const policyOf = (secrets: readonly string[]): unknown => JSON.parse(secretsFilter(secrets)["FilterPolicy"] ?? "");

test("a secret is filtered by its name, whatever form of id names it, and once", () => {
  expect(policyOf(["prod/orders", arn, arn.replace("eu-west-1", "us-east-1")])).toEqual({
    detail: { secretName: ["prod/orders"] },
  });
});

test("the beginning of a name stands for all that begin so", () => {
  expect(policyOf(["team/*", "prod/orders"])).toEqual({ detail: { secretName: [{ prefix: "team/" }, "prod/orders"] } });
});

test.each([
  ["no secret", []],
  ["an empty id", [""]],
  ["more than SNS takes", Array.from({ length: 151 }, (_item, index) => `secret-${index}`)],
])("%s is refused before anything is made", (_what, secrets) => {
  expect(() => secretsFilter(secrets)).toThrow(expect.objectContaining({ code: "option-invalid" }) as Error);
});

test("150 secrets with the longest names are not too many", () => {
  const secrets = Array.from({ length: 150 }, (_item, index) => `${"s".repeat(250)}-${index}`);
  expect(policyOf(secrets)).toEqual({ detail: { secretName: secrets } });
});
