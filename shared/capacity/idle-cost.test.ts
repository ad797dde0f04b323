import { expect, test } from "vitest";
import { facts } from "./facts/facts.ts";
import { idleFacts } from "./facts/idle-facts.ts";
import { idleCost, type IdleStack } from "./idle-cost.ts";

const all = { ...facts, ...idleFacts };
const stack: IdleStack = {
  polledQueues: 2,
  alarmMetrics: 3,
  metrics: 4,
  dashboards: 1,
  customerKeys: 1,
  endpointZones: 8,
};
const sum = (given: IdleStack, known: typeof all): number =>
  idleCost(given, known).reduce((total, { usdPerMonth }) => total + usdPerMonth, 0);

test("a queue is asked by five long polls of 20 seconds, an endpoint is there for 730 hours", () => {
  expect(idleCost(stack, all).map(({ usdPerMonth }) => usdPerMonth.toFixed(4))).toEqual([
    "0.5256",
    "0.3000",
    "1.2000",
    "3.0000",
    "1.0000",
    "58.4000",
  ]);
});

test.each(Object.keys(stack))("a stack with one more of %s costs more", (part) => {
  expect(sum({ ...stack, [part]: 9 }, all)).toBeGreaterThan(sum(stack, all));
});

test.each(Object.keys(idleFacts) as (keyof typeof idleFacts)[])("a higher %s is a higher bill", (name) => {
  const dearer = { ...all, [name]: { ...all[name], value: all[name].value * 2 } };
  expect(sum(stack, dearer)).toBeGreaterThan(sum(stack, all));
});
