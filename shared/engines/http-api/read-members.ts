import { isMembers, type Members } from "../../answers/members.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { isUnfinished, placeholdersIn } from "../../secrets/placeholders.ts";
import { isSendable } from "../connecting/key-ids.ts";
import type { Pointer } from "./description.ts";

export const option = "REKEY_HTTP_APIS";

/** `place` is the way to the member: `sendgrid.create.path`. */
export const invalid = (place: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option, place, problem },
    hint: "correct the description of the API (template parameter HttpApis); docs/reference/http-api.md has its members",
  });

/** A structure that has none but these members: a misspelled one would be left out without a word. */
export function membersIn(value: unknown, place: string, known: readonly string[]): Members {
  if (!isMembers(value)) throw invalid(place, "not an object");
  const other = Object.keys(value).find((name) => !known.includes(name));
  if (other !== undefined) throw invalid(`${place}.${other.slice(0, 64)}`, `not one of ${known.join(", ")}`);
  return value;
}

export function textIn(value: unknown, place: string): string {
  if (typeof value !== "string" || value === "") throw invalid(place, "not a text");
  if (!isSendable(value)) throw invalid(place, "has a control character");
  return value;
}

/** A text whose placeholders are all among these. */
export function templateIn(value: unknown, place: string, names: readonly string[]): string {
  const text = textIn(value, place);
  if (isUnfinished(text)) throw invalid(place, "has an unfinished placeholder");
  const written = names.map((name) => `{{${name}}}`).join(", ");
  for (const { name, isRaw } of placeholdersIn(text)) {
    if (isRaw) throw invalid(place, "has a placeholder with |raw: the place says how it is written");
    if (!names.includes(name)) throw invalid(place, `has {{${name.slice(0, 64)}}}, where there may be ${written}`);
  }
  return text;
}

/** Every text inside of some JSON, replaced. */
export function mapTexts(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, replace));
  if (!isMembers(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, replace)]));
}

/** A JSON pointer (RFC 6901). */
export function pointerIn(value: unknown, place: string): Pointer {
  if (typeof value === "string" && /^(?:\/(?:[^~/]|~[01])*)*$/u.test(value)) {
    return value
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  throw invalid(place, "not a JSON pointer such as /result/id");
}

/** An origin in the one way that it is written: scheme, host and a port where it is not the scheme's own. */
export function originIn(value: unknown, place: string): string {
  const text = textIn(value, place);
  const origin = URL.canParse(text) ? new URL(text).origin : "";
  if (/^https?:/.test(origin) && text === origin) return origin;
  throw invalid(place, "not an origin such as https://api.example.com");
}

/** Whether a URL's parser leaves this path as it is: nothing of it leads to another one. */
export function isPath(text: string): boolean {
  const base = "https://a.invalid";
  if (!/^\/(?!\/)/.test(text) || !URL.canParse(text, base)) return false;
  const { origin, pathname, search } = new URL(text, base);
  return origin === base && `${pathname}${search}` === text;
}
