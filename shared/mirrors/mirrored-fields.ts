import { RekeyError } from "../errors/rekey-error.ts";
import type { MirrorEntry } from "../rotation/ports.ts";

export type MirroredFields = Readonly<Record<string, unknown>>;

/** The version that a KV revision holds stands beside the data, so that one check-and-set write decides over both. */
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

function ownFields(text: string): MirroredFields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, keepDigits);
  } catch {
    return { value: text };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return { value: text };
  return Object.fromEntries(Object.entries(parsed));
}

/**
 * The data of the KV revision that mirrors `entry`: the members of a JSON object as fields, any other text as the one
 * field `value`; and the version's id, label and time. Errors: `mirror-rejected` when the value has such a field itself.
 */
export function mirroredFields(entry: MirrorEntry): MirroredFields {
  const own = ownFields(entry.value.reveal());
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

/** The version that a KV revision with these fields says it holds; `undefined`: rekey did not write it. */
export function versionIn({ [versionIdField]: versionId }: MirroredFields): string | undefined {
  return typeof versionId === "string" ? versionId : undefined;
}

/**
 * Whether a KV revision with these fields holds a newer version than `entry`. Of two versions made in the same
 * millisecond the one with the greater VersionId counts as newer, whichever comes first. Fields that rekey did not
 * write are never newer.
 */
export function holdsNewer(held: MirroredFields, entry: MirrorEntry): boolean {
  const { [versionIdField]: versionId, [createdAtField]: createdAt } = held;
  if (typeof versionId !== "string" || typeof createdAt !== "string") return false;
  const aheadMs = Date.parse(createdAt) - entry.createdAt.getTime();
  return aheadMs > 0 || (aheadMs === 0 && versionId > entry.versionId);
}
