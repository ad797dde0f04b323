import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import type { Clock } from "./clock.ts";
import type { RequestBudget } from "./request-budget.ts";

export type Request = <Answer>(
  secretId: string,
  work: (call: { readonly signal: AbortSignal }) => Promise<Answer>,
  giveUp: AbortSignal,
) => Promise<Answer>;

const attempts = 3;
const firstBackOffMs = 100;

const mayPass = (error: unknown): error is RekeyError =>
  isRekeyError(error, "store-throttled") ||
  isRekeyError(error, "store-unavailable") ||
  isRekeyError(error, "mirror-unavailable");

/** Whatever a source throws leaves as a `RekeyError`: a foreign one may hold a value or a token. */
function typed(error: unknown, secret: string, giveUp: AbortSignal): RekeyError {
  if (giveUp.aborted) return new RekeyError("pool-closed", { context: { secret } });
  if (error instanceof RekeyError) return error;
  const reason = error instanceof Error ? error.name : typeof error;
  return new RekeyError("store-unavailable", { context: { secret, reason } });
}

/**
 * One request to the source: within the budget, bounded by its own time-out also where the source heeds no signal, and
 * made again with full jitter after an error that may pass. A time-out is not tried again: it has taken long enough.
 */
export function requests(options: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly budget: RequestBudget;
  readonly timeoutMs: number;
}): Request {
  const { clock, random, budget, timeoutMs } = options;

  async function once<Answer>(
    secret: string,
    work: (call: { readonly signal: AbortSignal }) => Promise<Answer>,
    giveUp: AbortSignal,
  ): Promise<Answer> {
    await budget.take(timeoutMs, giveUp);
    giveUp.throwIfAborted();
    // One controller in place of `AbortSignal.any`, which leaves a trace on the long-lived signal for each request.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    giveUp.addEventListener("abort", end);
    const late = clock.sleep(timeoutMs, ending.signal).then(() => {
      throw new RekeyError("time-budget-spent", { context: { secret, timeoutMs } });
    });
    try {
      return await Promise.race([work({ signal: ending.signal }), late]);
    } finally {
      end();
      giveUp.removeEventListener("abort", end);
      late.catch(() => undefined);
    }
  }

  return async (secret, work, giveUp) => {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) await clock.sleep(random() * firstBackOffMs * 2 ** (attempt - 1), giveUp);
        const answer = await once(secret, work, giveUp);
        budget.succeeded();
        return answer;
      } catch (error) {
        const known = typed(error, secret, giveUp);
        if (known.code === "store-throttled") budget.throttled();
        if (attempt === attempts || !mayPass(known)) throw known;
      }
    }
  };
}
