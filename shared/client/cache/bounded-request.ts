import { RekeyError } from "../../errors/reading-error.ts";
import { aboutSecret } from "./about-secret.ts";
import type { Clock } from "../clock.ts";
import { nameOfThrown } from "../name-of-thrown.ts";
import type { RequestBudget } from "./request-budget.ts";
import { servingRule } from "./serving-rules.ts";

export type Request = <Answer>(
  secretId: string,
  work: (call: { readonly signal: AbortSignal }) => Promise<Answer>,
  giveUp: AbortSignal,
  stillness?: Stillness,
) => Promise<Answer>;

/** From `fromMs` on the process has stood still during a request, so nothing that was read before may be trusted. */
export interface Stillness {
  fromMs: number;
}

const attempts = 3;
const firstBackOffMs = 100;

/** An attempt that is over so much later than its time-out was not late: the process stood still. */
export const frozenMs = 500;
/** A process that stands still again and again, such as one that computes, gets no endless request of it. */
const mostStandstills = 5;

/** Whatever a source throws leaves as a `RekeyError` with the secret's name: a foreign one may hold a value or a token. */
function typed(error: unknown, secret: string, giveUp: AbortSignal): RekeyError {
  if (giveUp.aborted) return new RekeyError("pool-closed", { context: { secret } });
  const known =
    error instanceof RekeyError
      ? error
      : new RekeyError("store-unavailable", { context: { reason: nameOfThrown(error) } });
  return aboutSecret(secret, known);
}

/**
 * One request to the source: within the budget, bounded by its own time-out also where the source heeds no signal, and
 * made again with full jitter after an error that may pass. A time-out is not tried again: it has taken long enough. Where
 * the process stood still meanwhile (frozen, asleep, stopped), it is made again at once, and nothing counts as failed.
 */
export function createRequest(options: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly budget: RequestBudget;
  readonly timeoutMs: number;
}): Request {
  const { clock, random, budget, timeoutMs } = options;

  const pause = async (attempt: number, secret: string, giveUp: AbortSignal): Promise<void> =>
    clock.sleep(random() * firstBackOffMs * 2 ** attempt, giveUp).catch((error: unknown) => {
      throw typed(error, secret, giveUp);
    });

  /** How the attempt ended: call it for the answer or the error. */
  async function once<Answer>(
    secret: string,
    work: (call: { readonly signal: AbortSignal }) => Promise<Answer>,
    giveUp: AbortSignal,
  ): Promise<() => Answer> {
    giveUp.throwIfAborted();
    // One controller in place of `AbortSignal.any`, which leaves a trace on the long-lived signal for each request.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    giveUp.addEventListener("abort", end);
    const late = clock.sleep(timeoutMs, ending.signal).then(() => {
      throw new RekeyError("time-budget-spent", { context: { timeoutMs } });
    });
    try {
      const answer = await Promise.race([work({ signal: ending.signal }), late]);
      return () => answer;
    } catch (error) {
      return () => {
        throw typed(error, secret, giveUp);
      };
    } finally {
      end();
      giveUp.removeEventListener("abort", end);
      late.catch(() => undefined);
    }
  }

  return async (secret, work, giveUp, stillness = { fromMs: Infinity }) => {
    let attempt = 1;
    let standstills = 0;
    for (;;) {
      try {
        await budget.take(timeoutMs, giveUp);
        const stillAtMs = clock.nowMs() + timeoutMs + frozenMs;
        if (standstills === 0) stillness.fromMs = stillAtMs;
        const ended = await once(secret, work, giveUp);
        if (clock.nowMs() >= stillAtMs && !giveUp.aborted && standstills++ < mostStandstills) continue;
        const answer = ended();
        stillness.fromMs = Infinity;
        budget.succeeded();
        return answer;
      } catch (error) {
        const known = typed(error, secret, giveUp);
        if (known.code === "store-throttled" || known.code === "vault-throttled") budget.throttled();
        if (attempt === attempts || !servingRule(known.code).isRepeated) throw known;
      }
      await pause(attempt++, secret, giveUp);
    }
  };
}
