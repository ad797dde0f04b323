import { readFileSync } from "node:fs";
import { RekeyError } from "../errors/rekey-error.ts";
import type { Environment } from "./environment.ts";

/** Errors: `option-invalid`, naming the variable. */
export function fileText(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new RekeyError("option-invalid", { context: { option, problem: "the file cannot be read" } });
  }
}

/** A variable's text, or that of the file whose absolute path it is, in the function's package or a layer. */
export function textOrFile(environment: Environment, option: string): string | undefined {
  const set = environment.text(option);
  return set?.startsWith("/") === true ? fileText(set, option) : set;
}
