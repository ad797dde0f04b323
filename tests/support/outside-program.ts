import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A program that npm does not bring: the file that `variable` names, else, where any version will do, `anyOnPath`. What
 * needs it is skipped without it, and fails to load without it under `REKEY_REQUIRE_ALL=1`.
 */
export function outsideProgram(variable: string, source: string, anyOnPath?: string): string | undefined {
  const named = process.env[variable] ?? "";
  const folders = anyOnPath === undefined ? [] : (process.env["PATH"] ?? "").split(delimiter);
  const found = (named === "" ? folders.map((folder) => join(folder, anyOnPath ?? "")) : [named]).find(isExecutable);
  if (found === undefined && (named !== "" || process.env["REKEY_REQUIRE_ALL"] === "1")) {
    throw new Error(`${variable} does not name a program (${source})`);
  }
  return found;
}
