import { expect, test } from "vitest";
import { bareName, isSameSecret } from "./secret-id.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";

test.each([
  [arn, arn, true],
  [arn, arn.replace("eu-west-1", "us-east-1"), true],
  [arn, arn.slice(0, -7), true],
  [arn, "prod/orders", true],
  [arn, arn.replace("111122223333", "444455556666"), false],
  [arn, "prod/orders2", false],
  [arn, "orders", false],
  [arn, arn.replace("AbCdEf", "GhIjKl"), false],
  ["prod/orders", "prod/orders-master", false],
])("%s and %s: %s", (one, other, same) => {
  expect(isSameSecret(one, other)).toBe(same);
  expect(isSameSecret(other, one)).toBe(same);
});

test("the bare name is the same for the ARN and the name", () => {
  expect([bareName(arn), bareName("prod/orders")]).toEqual(["prod/orders", "prod/orders"]);
});
