import { expect, test } from "vitest";
import { NoticeAllowance, noticePeriodMs } from "./notice-allowance.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf";
const spent = (times: readonly number[], secretId = "orders") => {
  const allowance = new NoticeAllowance();
  for (const atMs of times) allowance.spend(secretId, atMs);
  return allowance;
};

test.each([
  ["no request", [], 0],
  ["five requests", [10, 11, 12, 13, 14], 0],
  ["six requests", [10, 11, 12, 13, 14, 15], 10 + noticePeriodMs],
  ["six requests in another order", [15, 11, 10, 13, 14, 12], 10 + noticePeriodMs],
  ["seven requests", [10, 11, 12, 13, 14, 15, 16], 11 + noticePeriodMs],
])("after %s the secret is free again one period after the sixth newest", (_, times, freeAtMs) => {
  expect(spent(times).freeAtMs("orders")).toBe(freeAtMs);
});

test("a name and an ARN spend the same allowance, and another secret's is its own", () => {
  const allowance = spent([1, 2, 3], arn);
  for (const atMs of [4, 5, 6]) allowance.spend("orders", atMs);
  expect([allowance.freeAtMs("orders"), allowance.freeAtMs(arn)]).toEqual([1 + noticePeriodMs, 1 + noticePeriodMs]);
  expect(allowance.freeAtMs("payments")).toBe(0);
});

test.each([
  ["is dropped with another secret's next request", noticePeriodMs + 6, 0],
  ["stays until then", noticePeriodMs + 5, 1 + noticePeriodMs],
])("what is older than a period %s", (_, atMs, freeAtMs) => {
  const allowance = spent([1, 2, 3, 4, 5, 6]);
  allowance.spend("payments", atMs);
  expect(allowance.freeAtMs("orders")).toBe(freeAtMs);
});

test("a secret that spent again meanwhile does not keep the older ones", () => {
  const allowance = spent([1, 2, 3, 4, 5, 6]);
  for (const atMs of [1, 2, 3, 4, 5, 6]) allowance.spend("payments", atMs);
  allowance.spend("orders", noticePeriodMs + 3);
  allowance.spend("third", noticePeriodMs + 10);
  expect([allowance.freeAtMs("orders"), allowance.freeAtMs("payments")]).toEqual([2 + noticePeriodMs, 0]);
});
