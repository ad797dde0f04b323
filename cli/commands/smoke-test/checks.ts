import type { CallOptions } from "../../../shared/ports/call.ts";
import { isRekeyError } from "../../../shared/errors/rekey-error.ts";

export interface Check {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly seconds: number;
  /** What was seen, or why it failed or was skipped. */
  readonly detail: string;
}

/** Keeps each check's outcome, and reports it as soon as it is known. */
export interface Checks {
  readonly all: readonly Check[];
  /**
   * Runs one check. What `work` returns is its detail. `undefined`: it failed. Errors: only when the signal has fired, for
   * whoever has to clean up.
   */
  run<Found>(
    name: string,
    call: CallOptions,
    work: () => Promise<Found>,
    detail?: (found: Found) => string,
  ): Promise<Found | undefined>;
  skip(name: string, why: string): void;
}

export function newChecks(tell: (check: Check) => void): Checks {
  const all: Check[] = [];
  const keep = (check: Check): void => {
    all.push(check);
    tell(check);
  };
  return {
    all,
    async run(name, call, work, detail = () => "") {
      const startedMs = performance.now();
      const seconds = (): number => Math.round((performance.now() - startedMs) / 100) / 10;
      try {
        const found = await work();
        keep({ name, outcome: "passed", seconds: seconds(), detail: detail(found) });
        return found;
      } catch (error) {
        if (!isRekeyError(error)) throw error;
        keep({ name, outcome: "failed", seconds: seconds(), detail: error.message });
        if (call.signal.aborted) throw error;
        return undefined;
      }
    },
    skip: (name, why) => keep({ name, outcome: "skipped", seconds: 0, detail: why }),
  };
}
