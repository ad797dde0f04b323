import { setTimeout } from "node:timers/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";

const firstPollMs = 100;
const longestPollMs = 5_000;

/** Looks until something is there. Errors: `time-budget-spent`, by name, after so long or when the signal fires; those of `look`. */
export async function until<Found>(
  { what, limitMs }: { readonly what: string; readonly limitMs: number },
  look: () => Promise<Found | undefined>,
  { signal }: CallOptions,
): Promise<Found> {
  const endsAtMs = performance.now() + limitMs;
  const spent = (problem: string): RekeyError =>
    new RekeyError("time-budget-spent", { context: { waitingFor: what, problem } });
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    if (signal.aborted) throw spent("interrupted");
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endsAtMs) throw spent(`not there after ${limitMs / 1000} s`);
    await setTimeout(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
