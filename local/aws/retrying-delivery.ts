import type { Clock } from "../clock.ts";
import type { Deliver, Delivery, DeliveryFailure } from "./delivery.ts";

export interface RetryPolicy {
  /** Tries after the first. */
  readonly maximumRetries: number;
  readonly maximumAgeMs: number;
}

/** How a delivery ended that no try brought through. */
export interface GivenUp {
  readonly failure: DeliveryFailure;
  readonly retries: number;
  /** `undefined`: a failure that no retry can mend. */
  readonly exhausted?: "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";
}

const longestBackoffMs = 600_000;

/** Delivers with exponential backoff on the clock, without jitter so that tests know the times; `undefined` once it is through. */
export async function deliverWithRetries(
  deliver: Deliver,
  clock: Clock,
  delivery: Delivery,
  policy: RetryPolicy,
): Promise<GivenUp | undefined> {
  const startedMs = clock.now();
  for (let retries = 0; ; retries += 1) {
    const failure = await deliver(delivery);
    if (failure === undefined) return undefined;
    if (failure.code === "NO_PERMISSIONS" || failure.code === "NO_RESOURCE") return { failure, retries };
    if (retries >= policy.maximumRetries) return { failure, retries, exhausted: "MaximumRetryAttempts" };
    const nextMs = clock.now() + Math.min(1000 * 2 ** retries, longestBackoffMs);
    if (nextMs - startedMs > policy.maximumAgeMs) return { failure, retries, exhausted: "MaximumEventAgeInSeconds" };
    await new Promise<void>((resolve) => void clock.at(nextMs, resolve));
  }
}
