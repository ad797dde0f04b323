/** Where it was thrown. The message is left out: a listener is given values, and what it parses it may repeat. */
const placeOf = (error: unknown): string =>
  (error instanceof Error ? (error.stack ?? "") : "")
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .join("\n");

/**
 * What a listener throws, or rejects with, breaks no read and no other listener, and does not end the process: whoever may
 * write a secret chooses what listeners are given, in all services at the same moment. It is a warning of the process.
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
