import { requestBudget } from "../client/cache/request-budget.ts";

export interface Admission {
  /**
   * Waits for the turn of a request that makes the source be asked, unless it is for what was answered before. Errors:
   * `client-quota-exceeded`.
   */
  enter(key: string, isForced: boolean): Promise<void>;
  /** From now on a read of this needs no turn: only what the source has can be answered, so nobody can make these many. */
  answered(key: string): void;
}

const longestWaitMs = 3_000;
const mostKnown = 4_096;

/** Keeps the callers of new ids, and those who insist on fresh values, from spending what all share. */
export function admission(requestsPerSecond: number): Admission {
  const turns = requestBudget({ requestsPerSecond, burst: 2 * requestsPerSecond, whenSpent: "wait" });
  const known = new Set<string>();
  const patience = new AbortController().signal;
  return {
    async enter(key, isForced) {
      if (isForced || !known.has(key)) await turns.take(longestWaitMs, patience);
    },
    answered(key) {
      known.delete(key);
      known.add(key);
      const [oldest] = known;
      if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    },
  };
}
