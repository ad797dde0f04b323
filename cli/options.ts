import { RekeyError } from "../shared/errors/rekey-error.ts";
import type { FleetFilter } from "../shared/ports/secret-administration.ts";
import { pairOf } from "../shared/operations/fleet/parse-tag.ts";
import type { Given } from "./command.ts";

export function textOption(given: Given, option: string): string | undefined {
  const value = given[option];
  return typeof value === "string" ? value : undefined;
}

export const flagOption = (given: Given, option: string): boolean => given[option] === true;

export function listOption(given: Given, option: string): readonly string[] {
  const value = given[option];
  return Array.isArray(value) ? value : [];
}

/** `10,000` and `10_000` are numbers here, as people write them. Errors: `option-invalid`. */
export function numberOption(given: Given, option: string): number | undefined {
  const text = textOption(given, option);
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll(/[,_]/g, ""));
  if (text === "" || !Number.isFinite(value)) {
    throw new RekeyError("option-invalid", { context: { option, value: text } });
  }
  return value;
}

/** What `--search` and `--tag` choose. */
export function filterOf(given: Given): FleetFilter {
  const search = textOption(given, "search");
  const tag = textOption(given, "tag");
  return { ...(search === undefined ? {} : { search }), ...(tag === undefined ? {} : { tag: pairOf(tag) }) };
}
