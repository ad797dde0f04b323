import type { AwsKeys } from "./signature.ts";

export interface ExpiringKeys extends AwsKeys {
  /** Unset: they stay. */
  readonly expiresAtMs?: number;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads keys; `undefined`: the variables name no such place. */
export type KeyProvider = (variables: Variables, signal: AbortSignal) => Promise<ExpiringKeys | undefined>;
