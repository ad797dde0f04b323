import { isMembers, membersOf } from "../../shared/answers/members.ts";
import { parseDuration } from "./duration.ts";
import { VaultRefusal } from "./exchange.ts";

export type Input = Readonly<Record<string, unknown>>;

const unconvertible = (field: string, problem: string): VaultRefusal =>
  new VaultRefusal(400, `error converting input for field "${field}": ${problem}`);

/** Each reads one field of a request's body, `undefined` when it is not there, and refuses what Vault refuses. */
export function mapField(input: Input, field: string): Input | null | undefined {
  const value = input[field];
  if (value === undefined || value === null || isMembers(value)) return value;
  const kind = Array.isArray(value) ? "[]interface {}" : typeof value;
  throw unconvertible(field, `'' expected type 'map[string]interface {}', got unconvertible type '${kind}'`);
}

export function textField(input: Input, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw unconvertible(field, "'' expected type 'string'");
}

export function integerField(input: Input, field: string): number | undefined {
  const text = textField(input, field);
  if (text === undefined) return undefined;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw unconvertible(field, "'' cannot parse value as 'int': strconv.ParseInt: invalid syntax");
}

export function flagField(input: Input, field: string): boolean | undefined {
  const text = textField(input, field);
  if (text === undefined) return undefined;
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw unconvertible(field, `'' cannot parse value as 'bool': strconv.ParseBool: parsing "${text}": invalid syntax`);
}

/** In seconds. */
export function durationField(input: Input, field: string): number | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  const seconds = parseDuration(value);
  if (seconds !== undefined) return seconds;
  throw unconvertible(field, `time: invalid duration "${textField(input, field) ?? ""}"`);
}

/** A list, or text with commas. */
export function listField(input: Input, field: string): readonly string[] | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  const items: readonly unknown[] = Array.isArray(value) ? value : (textField(input, field) ?? "").split(",");
  return items.map((item) => String(item).trim()).filter((item) => item !== "");
}

/** RFC 7396: `null` takes a member away, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch;
  const merged = new Map(Object.entries(membersOf(target)));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
