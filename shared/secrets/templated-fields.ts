import { isMembers, type Members } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { isOwnField } from "./derived-fields.ts";
import { fillIn, isUnfinished } from "./placeholders.ts";

const sources = new Set(["engine", "host", "port", "dbname", "username", "password"]);

const malformed = (field: string, problem: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { field: `templates.${field}`, problem } });

/** The secret's `templates`: text by the field that it makes. Errors: `secret-malformed`, naming the field. */
function templatesOf({ templates = {} }: Members): readonly (readonly [string, string])[] {
  if (!isMembers(templates)) {
    throw new RekeyError("secret-malformed", { context: { field: "templates", problem: "not an object" } });
  }
  return Object.entries(templates).map(([field, template]) => {
    if (typeof template !== "string") throw malformed(field, "not a text");
    if (isOwnField(field) || field === "templates")
      throw malformed(field, "would replace one of the secret's own fields");
    return [field, template] as const;
  });
}

/**
 * Fields that the secret describes in `templates`, from the secret's own fields: `{{password}}` is percent-encoded,
 * `{{password|raw}}` is not. Errors: `secret-malformed`, naming the field, for a placeholder that is unknown or has no
 * value in this secret, and for braces that are no placeholder.
 */
export function renderTemplates(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const rendered = templatesOf(fields).map(([field, template]) => {
    if (isUnfinished(template)) throw malformed(field, "has an unfinished placeholder");
    const text = fillIn(template, (name) => {
      const value = sources.has(name) ? fields[name] : undefined;
      if ((typeof value !== "string" || value === "") && typeof value !== "number")
        throw malformed(field, `has a placeholder without a value; known are ${[...sources].join(", ")}`);
      return String(value);
    });
    return [field, text] as const;
  });
  return Object.fromEntries(rendered);
}
