import type { SecretValue } from "../secrets/secret-value.ts";
import { signature } from "../webhook/signature.ts";

/** An event with its signature, in the shape of an SNS envelope: who checks no signature reads it as before. */
export const signedMessage = (event: string, keys: readonly SecretValue[], nowMs: number): string =>
  JSON.stringify({ Message: event, RekeySignature: signature(event, keys, nowMs) });
