/** The stack without the message, which may repeat a value that the listener received. */
const placeOf = (error: unknown): string =>
  (error instanceof Error ? (error.stack ?? "") : "")
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .join("\n");

/**
 * Calls a listener. When it throws or rejects, Node emits a warning: reads, other listeners and the process go on. Anyone who
 * may write a secret chooses what listeners receive, in every service at the same time.
 */
export function callListener(event: string, listener: () => unknown): void {
  (async () => listener())().catch((error: unknown) => {
    const name = error instanceof Error ? error.name : typeof error;
    process.emitWarning(`a listener of "${event}" failed: ${name}`, {
      type: "RekeyWarning",
      code: "REKEY_LISTENER_FAILED",
      detail: placeOf(error),
    });
  });
}
