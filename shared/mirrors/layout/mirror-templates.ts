import { isMembers, type Members } from "../../answers/members.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { defined } from "../../secrets/defined.ts";
import { fillIn, isUnfinished, onlyPlaceholder } from "../../secrets/placeholders.ts";

/** By a template's name: what each field of the mirror is made of. */
export type MirrorTemplates = ReadonlyMap<string, Readonly<Record<string, string>>>;

function invalid(problem: string, template?: string): RekeyError {
  const place = defined({ template });
  const hint = 'use {"<name>":{"<field>":"text with {{member}}"}}, names of letters, digits, _ . -';
  return new RekeyError("option-invalid", { context: { option: "VAULT_TEMPLATES", problem, ...place }, hint });
}

function parseTemplate(name: string, fields: unknown): readonly [string, Readonly<Record<string, string>>] {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) throw invalid("a name has other characters", name);
  if (!isMembers(fields)) throw invalid("a template is not an object of fields", name);
  const texts = Object.entries(fields).map(([field, text]) => {
    if (typeof text !== "string") throw invalid(`the field ${field} is not a text`, name);
    if (isUnfinished(text)) throw invalid(`the field ${field} has an unfinished placeholder`, name);
    return [field, text] as const;
  });
  if (texts.length === 0) throw invalid("a template has no field", name);
  return [name, Object.fromEntries(texts)];
}

/** Reads `{"spring":{"url":"postgres://{{username}}@{{host}}"}}`; none where it is unset. Errors: `option-invalid`. */
export function parseMirrorTemplates(text: string | undefined): MirrorTemplates {
  if (text === undefined) return new Map();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("not JSON");
  }
  if (!isMembers(parsed)) throw invalid("not an object");
  return new Map(Object.entries(parsed).map(([name, fields]) => parseTemplate(name, fields)));
}

const isText = (value: unknown): value is string | number | boolean =>
  typeof value === "string" ? value.isWellFormed() : typeof value === "number" || typeof value === "boolean";

/**
 * A template's fields for a secret's members: `{{member}}` is percent-encoded, `{{member|raw}}` is not, and where it is
 * the whole template, it is the member itself, of its own type. Errors: `secret-malformed`, which names the field and the
 * member and never a value, for a member that the secret has not, or that is no text, number or boolean inside of a text.
 */
export function filledFields(secretArn: string, template: Readonly<Record<string, string>>, members: Members): Members {
  function malformed(field: string, member: string, problem: string): RekeyError {
    const hint = "give the secret this member, or change the template in VAULT_TEMPLATES";
    return new RekeyError("secret-malformed", { context: { secret: secretArn, field, member, problem }, hint });
  }
  function memberFor(field: string, member: string): unknown {
    if (Object.hasOwn(members, member)) return members[member];
    throw malformed(field, member, "the template's member is not in the secret");
  }
  function textFor(field: string, member: string): string {
    const value = memberFor(field, member);
    if (isText(value)) return String(value);
    throw malformed(field, member, "the template's member is no text, number or boolean");
  }
  const filled = Object.entries(template).map(([field, text]) => {
    const only = onlyPlaceholder(text);
    const value = only === undefined ? fillIn(text, (member) => textFor(field, member)) : memberFor(field, only);
    return [field, value] as const;
  });
  return Object.fromEntries(filled);
}
