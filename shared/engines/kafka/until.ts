import { setTimeout as delay } from "node:timers/promises";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";

const pollMs = 20;
const mostMs = 10_000;
const operation = "wait for the broker";

/** Errors: `time-budget-spent`. */
export async function pause(ms: number, { signal }: CallOptions): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw timeSpent(operation);
  });
}

/** A broker hears of a change from its controller, within some ten milliseconds as a rule. Errors: `database-busy`. */
export async function until(isHeard: () => Promise<boolean>, call: CallOptions): Promise<void> {
  const start = performance.now();
  while (!(await isHeard())) {
    if (performance.now() - start > mostMs) throw new RekeyError("database-busy", { context: { operation } });
    await pause(pollMs, call);
  }
}
