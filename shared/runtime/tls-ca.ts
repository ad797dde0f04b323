import { readFileSync } from "node:fs";
import { RekeyError } from "../errors/rekey-error.ts";
import type { Environment } from "./environment.ts";

/** `REKEY_TLS_CA`: PEM text, or the path of a PEM file in the function's package or layer. Errors: `option-invalid`. */
export function environmentCa(environment: Environment): string | undefined {
  const text = environment.text("REKEY_TLS_CA");
  if (text === undefined || text.includes("-----BEGIN")) return text;
  try {
    return readFileSync(text, "utf8");
  } catch {
    throw new RekeyError("option-invalid", { context: { option: "REKEY_TLS_CA" } });
  }
}
