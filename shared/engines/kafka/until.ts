import { setTimeout as delay } from "node:timers/promises";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";

/** Ten times what a broker needs as a rule, so that it is asked once. */
const pollMs = 250;
const mostMs = 10_000;
const operation = "wait for the broker";

/** Errors: `time-budget-spent`. */
export async function pause(ms: number, { signal }: CallOptions): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw timeSpent(operation);
  });
}

/** A broker hears of a change from its controller. Errors: `database-busy`, `time-budget-spent`. */
export async function until(isHeard: () => Promise<boolean>, call: CallOptions): Promise<void> {
  const start = performance.now();
  do {
    if (performance.now() - start > mostMs) throw new RekeyError("database-busy", { context: { operation } });
    await pause(pollMs, call);
  } while (!(await isHeard()));
}
