import { expect, test } from "vitest";
import { managedSecrets } from "./managed-secrets.ts";

const arnOf = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;

test.each([
  [["db/*"], ["db/"]],
  [["db/orders-??????"], ["db/orders"]],
  [["db/orders-AbCdEf"], ["db/orders"]],
  [["db/orders-*"], ["db/orders"]],
  [
    ["db/*", "db/*", "app/x-??????"],
    ["db/", "app/x"],
  ],
  [["db/*", "*"], []],
  [["*-AbCdEf"], []],
])("the names that the patterns %j stand for begin with one of %j", (patterns, prefixes) => {
  expect(managedSecrets(patterns.map(arnOf)).namePrefixes).toEqual(prefixes);
});
