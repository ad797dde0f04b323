import { expect, test } from "vitest";
import { accountIn, bareName, isSameSecret, mayBeOneAccount } from "./secret-id.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";

test.each([
  [arn, arn, true],
  [arn, arn.replace("eu-west-1", "us-east-1"), true],
  [arn, arn.slice(0, -7), true],
  [arn, "prod/orders", true],
  [arn, "prod/orders-AbCdEf", true],
  [arn, arn.replace("111122223333", "444455556666"), false],
  [arn, arn.slice(0, -7).replace("111122223333", "444455556666"), false],
  [arn, arn.replace("arn:aws:", "arn:aws-cn:"), false],
  [arn, "prod/orders2", false],
  [arn, "orders", false],
  [arn, arn.replace("AbCdEf", "GhIjKl"), false],
  ["prod/orders", "prod/orders-master", false],
  ["prod/orders", "prod/orders-AbCdEf", false],
])("%s and %s: %s", (one, other, same) => {
  expect(isSameSecret(one, other)).toBe(same);
  expect(isSameSecret(other, one)).toBe(same);
});

test.each([
  [arn, "prod/orders"],
  ["prod/orders", "prod/orders"],
  ["prod/orders-AbCdEf", "prod/orders-AbCdEf"],
  [arn.slice(0, -7), "prod/orders"],
  [`${arn}-AbCdEf`, "prod/orders-AbCdEf"],
  [arn.replace("-AbCdEf", "-AbCdE"), "prod/orders-AbCdE"],
  [arn.replace("-AbCdEf", "-AbC-dEf"), "prod/orders-AbC-dEf"],
  [arn.replace("orders", "a-AbCdEf-b"), "prod/a-AbCdEf-b"],
])("the bare name of %s is %s", (secretId, name) => expect(bareName(secretId)).toBe(name));

test.each([
  [arn, "aws:111122223333"],
  [arn.replace("arn:aws:", "arn:aws-cn:"), "aws-cn:111122223333"],
  [undefined, undefined],
  ["prod/orders", undefined],
  ["arn:aws:secretsmanager:eu-west-1:111122223333:other:name", undefined],
  ["urn:aws:secretsmanager:eu-west-1:111122223333:secret:name", undefined],
  ["arn::secretsmanager:eu-west-1:111122223333:secret:name", undefined],
  ["arn:aws:secretsmanager:eu-west-1::secret:name", undefined],
  ["arn:aws:secret:name", undefined],
])("the account in %s is %s", (secretId, account) => expect(accountIn(secretId)).toBe(account));

test("the accounts of any number of secrets are found", () => {
  const ids = Array.from({ length: 250 }, (_, index) => String(index).padStart(12, "0"));
  expect(ids.map((id) => accountIn(arn.replace("111122223333", id)))).toEqual(ids.map((id) => `aws:${id}`));
});

test.each([
  ["aws:1", "aws:1", true],
  ["aws:1", undefined, true],
  [undefined, "aws:1", true],
  ["aws:1", "aws:2", false],
])("%s and %s may be one account: %s", (one, other, may) => expect(mayBeOneAccount(one, other)).toBe(may));
