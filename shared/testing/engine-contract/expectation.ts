import { deepStrictEqual } from "node:assert/strict";

/** What a clause saw. It ends the test where that is not what must be: an `AssertionError` with both. */
export interface Expectation {
  toEqual(expected: unknown): void;
}

export const expect = (value: unknown): Expectation => ({
  toEqual(expected) {
    deepStrictEqual(value, expected);
  },
});
