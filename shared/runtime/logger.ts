import { RekeyError } from "../errors/rekey-error.ts";
import { writeMetrics } from "./metrics.ts";

/** What a log line may hold: names, ids, codes, numbers. Values and foreign errors have no way in. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;
export type Report = (message: string, facts: Facts) => void;

type Level = "INFO" | "WARN" | "ERROR";

function write(level: Level, message: string, facts: Facts): void {
  process.stdout.write(`${JSON.stringify({ level, message, ...facts, at: new Date().toISOString() })}\n`);
}

export const report: Report = (message, facts) => write("INFO", message, facts);
export const warn: Report = (message, facts) => write("WARN", message, facts);

/**
 * Logs an error by its code and context, of one that is not rekey's own only its name, and returns it as rekey's. The metric
 * `Failures` counts it by what is to be done about it.
 */
export function reportFailure(message: string, error: unknown, facts: Facts): RekeyError {
  const known = asRekeyError(error);
  const { code, disposition, hint, context } = known;
  write("ERROR", message, { ...facts, ...context, code, disposition, hint });
  writeMetrics({ Failures: 1 }, { Disposition: disposition });
  return known;
}

/**
 * Logs a change that is in force and that a restart of the server undoes. The metric `UnsavedChanges` counts it, which an alarm
 * waits for.
 */
export function reportUnsaved({ code, ...facts }: Facts & { readonly code: string }): void {
  warn(code, facts);
  writeMetrics({ UnsavedChanges: 1 });
}

/** Any error as rekey's own. A foreign one that got this far is a fault of rekey; only its name crosses. */
export function asRekeyError(error: unknown): RekeyError {
  if (error instanceof RekeyError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new RekeyError("internal-fault", { context: { name } });
}
