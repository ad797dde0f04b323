import { nameOfThrown } from "./name-of-thrown.ts";

/** The stack without the message, which may repeat a value that the listener received. */
function placeOf(error: unknown): string {
  try {
    return (error instanceof Error ? (error.stack ?? "") : "")
      .split("\n")
      .filter((line) => /^ {4}at /.test(line))
      .join("\n");
  } catch {
    return "";
  }
}

/**
 * Calls a listener. When it throws or rejects, Node emits a warning: reads, other listeners and the process go on. Anyone who
 * may write a secret chooses what listeners receive, in every service at the same time.
 */
export function callListener(event: string, listener: () => unknown): void {
  (async () => listener())().catch((error: unknown) => {
    process.emitWarning(`a listener of "${event}" failed: ${nameOfThrown(error)}`, {
      type: "RekeyWarning",
      code: "REKEY_LISTENER_FAILED",
      detail: placeOf(error),
    });
  });
}
