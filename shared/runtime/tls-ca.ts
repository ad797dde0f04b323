import { readFileSync } from "node:fs";
import type { Environment } from "./environment.ts";

/** `REKEY_TLS_CA`: PEM text, or the path of a PEM file in the function's package or layer. */
export function environmentCa(environment: Environment): string | undefined {
  const text = environment.text("REKEY_TLS_CA");
  return text === undefined || text.includes("-----BEGIN") ? text : readFileSync(text, "utf8");
}
