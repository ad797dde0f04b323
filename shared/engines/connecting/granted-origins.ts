import { RekeyError } from "../../errors/rekey-error.ts";

/** Whether the function's configuration lets this origin be reached, wherever it is and also over plain http. */
export type IsGranted = (origin: string) => boolean;

/** An origin in the one way that it is compared: scheme, host and a port where it is not the scheme's own. */
function originOf(text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : "";
  if (/^https?:/.test(origin) && (text === origin || text === `${origin}/`)) return origin;
  throw new RekeyError("option-invalid", {
    context: { option: "REKEY_HTTP_API_ORIGINS", problem: "not an origin" },
    hint: "write scheme, host and port alone, in small letters: https://api.example.com or http://10.0.0.5:8080",
  });
}

/** From a function's `REKEY_HTTP_API_ORIGINS`. Errors: `option-invalid`, for an entry that would never be granted. */
export function grantedOrigins(origins: readonly string[]): IsGranted {
  const granted = new Set(origins.map(originOf));
  return (origin) => granted.has(origin);
}
