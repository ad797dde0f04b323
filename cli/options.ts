import { RekeyError } from "../shared/errors/rekey-error.ts";
import type { FleetFilter } from "../shared/ports/secret-administration.ts";
import { parseKeyValue } from "../shared/operations/fleet/fleet-view.ts";
import type { Options } from "./command.ts";
import { defined } from "../shared/secrets/defined.ts";

export function textOption(options: Options, option: string): string | undefined {
  const value = options[option];
  return typeof value === "string" ? value : undefined;
}

export const flagOption = (options: Options, option: string): boolean => options[option] === true;

export function listOption(options: Options, option: string): readonly string[] {
  const value = options[option];
  return Array.isArray(value) ? value : [];
}

/** `10,000` and `10_000` are numbers here, as people write them. Errors: `option-invalid`. */
export function numberOption(options: Options, option: string): number | undefined {
  const text = textOption(options, option);
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll(/[,_]/g, ""));
  if (text === "" || !Number.isFinite(value)) {
    throw new RekeyError("option-invalid", { context: { option, value: text } });
  }
  return value;
}

/** What `--search` and `--tag` choose. */
export function filterOf(options: Options): FleetFilter {
  const search = textOption(options, "search");
  const tag = textOption(options, "tag");
  return { ...defined({ search }), ...(tag === undefined ? {} : { tag: parseKeyValue(tag) }) };
}
