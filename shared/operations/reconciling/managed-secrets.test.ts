import { expect, test } from "vitest";
import { managedSecrets } from "./managed-secrets.ts";

const arnOf = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;

test.each([
  [["db/*"], ["db/"]],
  [["db/orders-??????"], ["db/orders"]],
  [["db/orders-AbCdEf"], ["db/orders"]],
  [["db/orders-*"], ["db/orders"]],
  [["db-eu/orders-??????"], ["db-eu/orders"]],
  [
    ["db/*", "db/*", "app/x-??????"],
    ["db/", "app/x"],
  ],
  [["db/*", "*"], []],
  [["*-AbCdEf"], []],
])("the names that the patterns %j stand for begin with one of %j", (patterns, prefixes) => {
  expect(managedSecrets(patterns.map(arnOf)).namePrefixes).toEqual(prefixes);
});

test("a pattern that does not name a secret leaves the name open", () => {
  expect(managedSecrets(["*", arnOf("db/*")]).namePrefixes).toEqual([]);
});

test("what a pattern stands for is included, and nothing else", () => {
  const { includes } = managedSecrets([arnOf("db/*")]);
  expect([includes(arnOf("db/a-AbCdEf")), includes(arnOf("dbx-AbCdEf"))]).toEqual([true, false]);
});
