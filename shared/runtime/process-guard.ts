import { reportFailure } from "./logger.ts";

/**
 * In place of what Lambda's runtime does with a rejection or an error that nobody handles: it logs the foreign stack, with all
 * that the error holds, and ends the process in the middle of an invocation. That ends by its own time budget at the latest.
 */
export function guardProcess(): void {
  for (const event of ["unhandledRejection", "uncaughtException"])
    process.removeAllListeners(event).on(event, (error) => reportFailure("not handled", error, {}));
}
