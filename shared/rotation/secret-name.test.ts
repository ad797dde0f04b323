import { expect, test } from "vitest";
import { secretNameIn } from "./secret-name.ts";

const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

test.each([
  [`${arn}app-AbCdEf`, "app"],
  [`${arn}prod/orders-db-x1Y2z3`, "prod/orders-db"],
  [`${arn}orders-service-db`, `${arn}orders-service-db`],
  ["prod/orders-AbCdEf", "prod/orders-AbCdEf"],
])("%s names the secret %s", (secretId, name) => {
  expect(secretNameIn(secretId)).toBe(name);
});
