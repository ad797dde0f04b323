import { codes, type ErrorCode } from "../../errors/codes.ts";
import type { StepRecord } from "../../ports/records.ts";

/** Why a rotation does not get on. */
export interface Obstacle {
  /** The step that failed last; absent: the log has no step. */
  readonly step?: StepRecord;
  readonly code: ErrorCode;
  readonly hint: string;
  /** Whether to wait no longer: Secrets Manager has tried often or long enough, or does not try any more. */
  readonly isFinal: boolean;
}

/** Secrets Manager does not document how often, how far apart and for how long it tries: its own limits are not known. */
const mostFailures = 5;
const longestFailingMs = 180_000;
const longestSilenceMs = 90_000;

const silent = {
  code: "rotation-under-way",
  hint: "the function has logged no step: look for throttles, a reserved concurrency of 0, and its permission for Secrets Manager",
} as const;

/**
 * What a rotation that is under way waits for, by the steps of its version in the function's log, oldest first; `sinceMs`:
 * when it was asked for. `undefined`: nothing is known to be in its way.
 */
export function obstacleIn(steps: readonly StepRecord[], sinceMs: number, nowMs: number): Obstacle | undefined {
  const refusal = steps.find(({ code }) => code !== undefined && codes[code].disposition !== "retry");
  const last = refusal ?? steps.at(-1);
  if (last === undefined) return nowMs - sinceMs < longestSilenceMs ? undefined : { ...silent, isFinal: false };
  if (last.outcome !== "failed" || last.code === undefined) return undefined;
  const failures = steps.filter(({ outcome }) => outcome === "failed");
  const [first = last] = failures;
  const isFinal =
    refusal !== undefined ||
    failures.length >= mostFailures ||
    nowMs - first.at.getTime() >= longestFailingMs ||
    nowMs - last.at.getTime() >= longestSilenceMs;
  return { step: last, code: last.code, hint: last.hint ?? codes[last.code].hint, isFinal };
}
