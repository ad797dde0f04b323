import { RekeyError } from "../../errors/reading-error.ts";
import { type Clock, eventLoopClock } from "../clock.ts";

export interface RequestBudgetOptions {
  /** Requests a second in the long run. Halved by each throttling, and won back over the requests that succeed. */
  readonly requestsPerSecond: number;
  /** Requests at once after a quiet time. */
  readonly burst: number;
  /** `wait` for one's turn as long as the request may take, or `refuse` at once: a strict quota. */
  readonly whenSpent: "wait" | "refuse";
}

/** A token bucket for requests to the source. Clients that are given the same one share it. */
export interface RequestBudget {
  /** Errors: `client-quota-exceeded` with `retryAfterMs`. */
  take(longestWaitMs: number, signal: AbortSignal): Promise<void>;
  throttled(): void;
  succeeded(): void;
  readonly requestsLeft: number;
}

const lowestShare = 1 / 64;
const wonBack = 1.05;

/**
 * Errors: `option-invalid`.
 *
 * @example
 * ```ts
 * import { createSecretClient, requestBudget, type SecretSource } from "rekey/client";
 *
 * declare const source: SecretSource;
 * const budget = requestBudget({ requestsPerSecond: 5, burst: 20, whenSpent: "refuse" });
 * const client = createSecretClient({ source, budget });
 * ```
 */
export function requestBudget(options: RequestBudgetOptions, clock: Clock = eventLoopClock()): RequestBudget {
  const { requestsPerSecond, burst, whenSpent } = options;
  if (!(requestsPerSecond > 0 && burst >= 1)) throw new RekeyError("option-invalid", { context: { option: "budget" } });
  let share = 1;
  let left = burst;
  let filledAtMs = clock.nowMs();

  const perMs = (): number => (requestsPerSecond * share) / 1_000;
  function fill(): void {
    const nowMs = clock.nowMs();
    left = Math.min(burst, left + (nowMs - filledAtMs) * perMs());
    filledAtMs = nowMs;
  }

  return {
    async take(longestWaitMs, signal) {
      fill();
      const waitMs = Math.max(0, Math.ceil((1 - left) / perMs()));
      if (waitMs > (whenSpent === "refuse" ? 0 : longestWaitMs)) {
        throw new RekeyError("client-quota-exceeded", {
          context: { requestsPerSecond, burst },
          retryAfterMs: waitMs,
        });
      }
      // Taken before the wait, so that those who come later wait longer.
      left--;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
    throttled() {
      fill();
      share = Math.max(lowestShare, share / 2);
    },
    succeeded() {
      if (share === 1) return;
      fill();
      share = Math.min(1, share * wonBack);
    },
    get requestsLeft() {
      fill();
      return Math.max(0, Math.floor(left));
    },
  };
}

const shared = Symbol.for("rekey.process-budget");

/** The budget of all clients of this process that were not given another one, whichever copy of rekey they are of. */
export function processBudget(): RequestBudget {
  const holder = globalThis as { [shared]?: RequestBudget };
  return (holder[shared] ??= requestBudget({ requestsPerSecond: 100, burst: 200, whenSpent: "wait" }));
}
