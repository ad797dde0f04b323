import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A program that npm does not bring: the file that `variable` names, else, where any version will do, the `usual` one: a
 * file, or a name on the path. What needs it is skipped without it, and fails to load without it under `REKEY_REQUIRE_ALL=1`.
 */
export function outsideProgram(variable: string, source: string, usual?: string): string | undefined {
  const named = process.env[variable] ?? "";
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const usualFiles =
    usual === undefined || isAbsolute(usual) ? [usual ?? ""] : folders.map((folder) => join(folder, usual));
  const candidates = named === "" ? usualFiles : [named];
  const found = candidates.find(isExecutable);
  if (found === undefined && (named !== "" || process.env["REKEY_REQUIRE_ALL"] === "1")) {
    throw new Error(`${variable} does not name a program (${source})`);
  }
  return found;
}
