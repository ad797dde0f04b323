import { type Credential, type Edit, replacement } from "./connection-strings/credential.ts";
import { type PlacedCredential, renderText } from "./connection-strings/render-text.ts";
import { roleOf, type Slot } from "./connection-strings/slot.ts";
import type { JsonValue } from "./json-text.ts";
import { malformed } from "./secret-fields.ts";

const own = new Set([
  "engine",
  "host",
  "hosts",
  "port",
  "dbname",
  "authSource",
  "sasl_mechanism",
  "username",
  "password",
  "masterarn",
  "ssl",
  "sslrootcert",
  "alternateusers",
]);

const hint = "describe the field in the secret's templates, or remove it; see docs/reference/secret.md";
/** Members such as `DB_USER` and `DB_PASSWORD` of one object, which together are a credential. */
function credentialMembers(values: readonly JsonValue[]): ReadonlyMap<string, readonly (Slot & JsonValue)[]> {
  const groups = new Map<string, (Slot & JsonValue)[]>();
  for (const value of values) {
    const held = value.name === undefined || value.text === undefined ? undefined : roleOf(value.name);
    if (held === undefined) continue;
    const group = `${value.parent} ${held.credential}`;
    const slot = { ...value, holds: held.holds, readings: [value.text ?? ""], write: JSON.stringify };
    groups.set(group, [...(groups.get(group) ?? []), slot]);
  }
  return groups;
}

/**
 * How the other members of a secret that were made from its credential are rendered for the next one, also inside of lists
 * and objects: connection strings, and members such as `DB_USER`. `except`: members that are made again in any case. Errors:
 * `secret-malformed` for a member that would still hold the old credential, or a part of it.
 */
export function renderDerivedFields(
  values: readonly JsonValue[],
  old: PlacedCredential,
  next: Credential,
  except: ReadonlySet<string>,
): readonly Edit[] {
  const derived = values.filter(({ member }) => !own.has(member) && !except.has(member));
  const edits: Edit[] = [];
  const rendered = new Set<number>();
  for (const slots of credentialMembers(derived.filter(({ member }) => member !== "templates")).values()) {
    const replaced = replacement(slots, old, next);
    if (replaced === undefined) continue;
    if ("problem" in replaced) throw malformed(slots[0]?.member ?? "", replaced.problem, hint);
    for (const { start } of replaced.slots) rendered.add(start);
    edits.push(...replaced.edits);
  }
  for (const { member, start, end, text } of derived) {
    if (text === undefined || rendered.has(start)) continue;
    const result = renderText(text, old, next);
    if ("problem" in result) throw malformed(member, result.problem, hint);
    if (result.text === text) continue;
    if (member === "templates")
      throw malformed(member, "holds the credential itself; write {{username}} and {{password}}");
    edits.push({ start, end, text: JSON.stringify(result.text) });
  }
  return edits;
}

/** Whether a name is one of the secret's own fields, which no template may write. */
export const isOwnField = (field: string): boolean => own.has(field);
