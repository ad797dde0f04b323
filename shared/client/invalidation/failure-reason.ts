import { RekeyError } from "../../errors/rekey-error.ts";

/** What may be printed of any error: rekey's code, the SDK's or the driver's name or code. Never its message. */
export function failureReason(error: unknown): string {
  if (error instanceof RekeyError) return error.code;
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error && typeof error.code === "string" && error.name === "Error" ? error.code : error.name;
  return /^[\w.:-]{1,80}$/.test(code) ? code : "unknown";
}
