import { expect, test } from "vitest";
import { pick, sampled } from "./sampled.ts";

const cases = ["a", "b", "c", "d", "e"] as const;
const seeds = Array.from({ length: 100 }, (_, seed) => String(seed));

test("the same seed picks the same cases, as many as asked for and in their order", () => {
  for (const seed of seeds) {
    const picked = pick(cases, 2, seed);
    expect(picked).toHaveLength(2);
    expect(picked).toEqual(picked.toSorted());
    expect(pick(cases, 2, seed)).toEqual(picked);
  }
});

test("over many seeds each case is picked", () => {
  expect(new Set(seeds.flatMap((seed) => pick(cases, 1, seed)))).toEqual(new Set(cases));
});

test("a list that is not longer than the sample is tried whole", () => {
  expect(pick(cases, 5, "any")).toEqual(cases);
  expect(pick(cases, 6, "any")).toEqual(cases);
});

test("a test that tries only some of its cases has a mark, by which it is run again in full", ({ task }) => {
  const tried = sampled(cases, 2);
  expect(task.meta.sampled).toBe(tried.length < cases.length ? true : undefined);
});
