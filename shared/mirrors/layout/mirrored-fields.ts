import { isMembers } from "../../answers/members.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { MirrorEntry } from "../../ports/mirror.ts";
import { filledFields, type MirrorTemplates } from "./mirror-templates.ts";
import { mirrorTag, vaultMapTag } from "../../tags/tag-names.ts";

export type MirroredFields = Readonly<Record<string, unknown>>;

/** The version that a KV revision holds stands next to the data, so that one check-and-set write decides over both. */
export const versionIdField = "rekey_version_id";
export const labelField = "rekey_label";
export const createdAtField = "rekey_created_at";

/** Vault keeps numbers as doubles and no minus zero, so a number that a double cannot hold is mirrored as its text. */
function keepDigits(_key: string, value: unknown, source?: { readonly source?: string }): unknown {
  const text = source?.source;
  if (value === 0) return 0;
  if (typeof value !== "number" || text === undefined || String(value) === text) return value;
  const digits = text
    .replace(/[eE].*$/, "")
    .replace(/\D/g, "")
    .replace(/^0+/, "");
  return digits.length > 15 || !Number.isFinite(value) ? text : value;
}

/** `undefined` for a text that is no JSON object. */
function membersIn(text: string): MirroredFields | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, keepDigits);
  } catch {
    return undefined;
  }
  return isMembers(parsed) ? parsed : undefined;
}

/**
 * By the tag `rekey:vault-map`: unset or `fields`, `field:<name>` for the whole text in that one field, or
 * `template:<name>`.
 */
function mappedFields({ secretArn, tags, value }: MirrorEntry, templates: MirrorTemplates): MirroredFields {
  if (value.isBinary) {
    const hint = `store it as text, in SecretString, or keep it out of the mirror with the tag ${mirrorTag}=false`;
    throw new RekeyError("secret-binary", { context: { secret: secretArn }, hint });
  }
  const tag = tags.get(vaultMapTag) ?? "fields";
  const members = membersIn(value.reveal());
  if (tag === "fields") return members ?? { value: value.reveal() };
  const [, kind, name = ""] = /^(field|template):([A-Za-z0-9_.-]{1,64})$/.exec(tag) ?? [];
  if (kind === "field") return Object.fromEntries([[name, value.reveal()]]);
  const template = kind === "template" ? templates.get(name) : undefined;
  if (template !== undefined) return filledFields(secretArn, template, members ?? {});
  const hint = "use fields, field:<name> with letters, digits, _ . -, or template:<name of one in VAULT_TEMPLATES>";
  throw new RekeyError("option-invalid", { context: { secret: secretArn, option: vaultMapTag }, hint });
}

/**
 * The data of the KV revision that mirrors `entry`: the members of a JSON object as fields, any other text as the one
 * field `value`, unless the tag `rekey:vault-map` says otherwise; and the version's id, label and time. Errors:
 * `mirror-rejected` when the value has such a field itself, `option-invalid` for the tag, `secret-malformed` for what a
 * template asks and the value has not, `secret-binary`.
 */
export function mirroredFields(entry: MirrorEntry, templates: MirrorTemplates = new Map()): MirroredFields {
  const own = mappedFields(entry, templates);
  for (const field of [versionIdField, labelField, createdAtField]) {
    if (Object.hasOwn(own, field)) {
      throw new RekeyError("mirror-rejected", {
        context: { secret: entry.secretArn, field },
        hint: "rename this field of the secret: rekey keeps the version in it",
      });
    }
  }
  return {
    ...own,
    [versionIdField]: entry.versionId,
    [labelField]: "AWSCURRENT",
    [createdAtField]: entry.createdAt.toISOString(),
  };
}

/** The version that a KV revision with these fields says it holds; `undefined`: it has none, or rekey did not write it. */
export function versionIn({ [versionIdField]: versionId }: MirroredFields = {}): string | undefined {
  return typeof versionId === "string" ? versionId : undefined;
}

/** When the version was made that a KV revision with these fields says it holds. */
export function createdAtIn({ [createdAtField]: createdAt }: MirroredFields): string | undefined {
  return typeof createdAt === "string" ? createdAt : undefined;
}

/**
 * Whether a KV revision with these fields holds a newer version than `entry`. Of two versions made in the same
 * millisecond the one with the greater VersionId counts as newer, whichever comes first. Fields that rekey did not
 * write are never newer.
 */
export function holdsNewer(held: MirroredFields, entry: MirrorEntry): boolean {
  const [versionId, createdAt] = [versionIn(held), createdAtIn(held)];
  if (versionId === undefined || createdAt === undefined) return false;
  const aheadMs = Date.parse(createdAt) - entry.createdAt.getTime();
  return aheadMs > 0 || (aheadMs === 0 && versionId > entry.versionId);
}
