/**
 * What the caller should do about an error.
 * - `retry`: the same call may succeed later; nothing is half done, or the step is idempotent.
 * - `abort`: the request can never succeed as it is; the caller, the code or the configuration must change.
 * - `intervene`: a human must act; alarm at the first one.
 */
export type Disposition = "retry" | "abort" | "intervene";

export interface CodeEntry {
  readonly disposition: Disposition;
  readonly meaning: string;
  readonly hint: string;
  /** For a service that reads a secret, where `hint` speaks to a rotation or to the mirror. */
  readonly readerHint?: string | undefined;
}

const entry =
  (disposition: Disposition) =>
  (meaning: string, hint: string, readerHint?: string): CodeEntry => ({ disposition, meaning, hint, readerHint });

export const retry = entry("retry");
export const abort = entry("abort");
export const intervene = entry("intervene");
