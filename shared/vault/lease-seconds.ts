/** Longer than anything is leased for, and short enough that a time of it can be reckoned with. */
const mostSeconds = 10 * 366 * 24 * 3_600;

/**
 * A duration as Vault states them, in whole seconds, or `undefined` for what is none: a negative one, or part of a second,
 * would be over before the answer is here, and asked for again at once, without end.
 */
export const leaseSeconds = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? Math.min(value, mostSeconds) : undefined;
