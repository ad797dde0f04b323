import { expect, test } from "vitest";
import { accountIn, secretNameIn } from "./secret-name.ts";

const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

test.each([
  [`${arn}app-AbCdEf`, "app"],
  [`${arn}prod/orders-db-x1Y2z3`, "prod/orders-db"],
  [`${arn}orders-service-db`, `${arn}orders-service-db`],
  ["prod/orders-AbCdEf", "prod/orders-AbCdEf"],
])("%s names the secret %s", (secretId, name) => {
  expect(secretNameIn(secretId)).toBe(name);
});

test.each([
  ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf", "123456789012"],
  ["db/orders", undefined],
  [undefined, undefined],
])("the account in %s is %s", (arn, account) => {
  expect(accountIn(arn)).toBe(account);
});
