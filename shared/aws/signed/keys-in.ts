import { type ErrorContext, RekeyError } from "../../errors/reading-error.ts";
import type { ExpiringKeys } from "./key-provider.ts";
import type { Answer } from "./exchanged.ts";

export const keysMissing = (operation: string, more: ErrorContext, hint?: string): RekeyError =>
  new RekeyError("credentials-missing", { context: { operation, ...more }, hint });

/** What a metadata endpoint's answer holds. Errors: `credentials-missing`. */
export function keysIn({ status, text }: Answer, operation: string): ExpiringKeys {
  const refused = keysMissing(operation, { status });
  if (status !== 200) throw refused;
  let members: Readonly<Record<string, unknown>>;
  try {
    members = { ...JSON.parse(text) };
  } catch {
    throw refused;
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration } = members;
  const expiresAtMs = Date.parse(String(Expiration));
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string" || typeof sessionToken !== "string")
    throw refused;
  return { accessKeyId, secretAccessKey, sessionToken, ...(Number.isFinite(expiresAtMs) && { expiresAtMs }) };
}
