import { createHash } from "node:crypto";
import { memberAt } from "../answers/member-at.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { MirrorEntry, MirroredSecret } from "../ports/mirror.ts";
import type { CallOptions } from "../ports/call.ts";
import type { HeldRevision } from "./held-revision.ts";
import { createdAtIn, versionIdField, versionIn } from "./mirrored-fields.ts";

/** What rekey records in a key's custom metadata. No value, tag or event chooses the owner. */
export interface KeyOwner {
  /** The secret's ARN, as `ownerText` has it. */
  readonly owner: string;
  /** Earlier revisions were somebody else's: the key was taken over. */
  readonly sinceRevision: number;
  /**
   * Which version the newest revision holds, as `versionText` has it. For people and tools: it can lag, so it decides
   * nothing.
   */
  readonly versionId: string | undefined;
}

/**
 * Whose a key is, seen from one secret. `nobody`: nothing was ever written there. `own`: the secret's, and so is what it
 * holds. `unrecorded`: the same, as what it holds proves, but no owner is recorded. `vacated`: the key is the secret's to
 * write, and what it holds is not the secret's: it was taken over, or the owner was deleted and this secret has its name.
 * `foreign`: everything else.
 */
export type Whose = "nobody" | "own" | "unrecorded" | "vacated" | "foreign";

/** When Secrets Manager made a version of a secret; `undefined`: it has no such version. Errors: those of the store. */
export type VersionDates = (secretArn: string, versionId: string, call: CallOptions) => Promise<Date | undefined>;

const arnField = "rekey_secret_arn";
const sinceField = "rekey_since_revision";

/** A value of custom metadata. A secret's name may have 512 characters alone. */
const maxValueBytes = 512;

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const nameAndSuffix = /(?<=:secret:)(.+)(?=-[A-Za-z0-9]{6}$)/;

/** The ARN; in one of more than 512 bytes, the name's digest stands for the name. No name has a colon. */
function ownerText(secretArn: string): string {
  if (Buffer.byteLength(secretArn) <= maxValueBytes) return secretArn;
  return secretArn.replace(nameAndSuffix, (name) => digestOf(name));
}

/** The VersionId. Whoever puts a value chooses it, so what Vault would refuse, or a terminal obey, is recorded as its digest. */
const versionText = (versionId: string): string =>
  /^[\x20-\x7e]{1,64}$/.test(versionId) ? versionId : digestOf(versionId);

type CustomMetadata = Readonly<Record<string, string>>;

/** What to patch so that the revisions before this one are not the owner's. */
export const sinceRevision = (revision: number): CustomMetadata => ({ [sinceField]: String(revision) });

/** What to patch so that the key is this secret's, from this revision on. */
export const ownedBy = ({ secretArn }: MirroredSecret, since: number): CustomMetadata => ({
  [arnField]: ownerText(secretArn),
  ...sinceRevision(since),
});

/** What to patch so that the key says whose it is and which version this revision, its newest, holds. Empty if it does. */
export function recordLacks(
  secret: MirroredSecret,
  { owner, revision, fields }: Pick<HeldRevision, "owner" | "revision" | "fields">,
): CustomMetadata {
  const versionId = versionIn(fields);
  const text = versionId === undefined ? undefined : versionText(versionId);
  const version = text === undefined || text === owner?.versionId ? {} : { [versionIdField]: text };
  return owner === undefined ? { ...ownedBy(secret, revision), ...version } : version;
}

/** The owner that custom metadata names, if any. */
export function ownerIn(customMetadata: unknown): KeyOwner | undefined {
  const owner = memberAt(customMetadata, arnField);
  if (typeof owner !== "string") return undefined;
  const since = Number(memberAt(customMetadata, sinceField));
  const versionId = memberAt(customMetadata, versionIdField);
  return {
    owner,
    sinceRevision: Number.isSafeInteger(since) ? since : 1,
    versionId: typeof versionId === "string" ? versionId : undefined,
  };
}

export const owns = ({ secretArn }: MirroredSecret, owner: KeyOwner | undefined): boolean =>
  owner?.owner === ownerText(secretArn);

/** Secrets Manager has one secret of a name in a region, so the owner, which had this secret's, is deleted. */
function inherits({ secretArn }: MirroredSecret, { owner }: KeyOwner): boolean {
  const heir = ownerText(secretArn);
  const isWhole = (arn: string): boolean => /:secret:.+-[A-Za-z0-9]{6}$/.test(arn);
  return isWhole(heir) && isWhole(owner) && heir.slice(0, -7) === owner.slice(0, -7);
}

/**
 * Whether what a key holds is a version of this very secret: by its VersionId and the millisecond it was made in. Who writes a
 * secret's value chooses its VersionId, and never its time; and no value can hold rekey's own fields.
 */
async function proves(
  { fields }: HeldRevision,
  secret: MirroredSecret & Partial<MirrorEntry>,
  versionDates: VersionDates | undefined,
  call: CallOptions,
): Promise<boolean> {
  const [versionId, createdAt] = fields === undefined ? [] : [versionIn(fields), createdAtIn(fields)];
  if (versionId === undefined || createdAt === undefined) return false;
  const isGiven = versionId === secret.versionId;
  const made = isGiven ? secret.createdAt : await versionDates?.(secret.secretArn, versionId, call);
  return made?.toISOString() === createdAt;
}

/**
 * Asks the store only for a key without a recorded owner that holds another version than the given one. Errors: those of the
 * store.
 */
export async function whoseKey(
  held: HeldRevision,
  secret: MirroredSecret & Partial<MirrorEntry>,
  versionDates: VersionDates | undefined,
  call: CallOptions,
): Promise<Whose> {
  const { owner, revision } = held;
  if (owner !== undefined && owns(secret, owner)) return revision < owner.sinceRevision ? "vacated" : "own";
  if (owner !== undefined) return inherits(secret, owner) ? "vacated" : "foreign";
  if (revision === 0) return "nobody";
  return (await proves(held, secret, versionDates, call)) ? "unrecorded" : "foreign";
}

/** Whether what the key holds is the secret's. */
export const holdsOwn = (whose: Whose): boolean => whose === "own" || whose === "unrecorded";

/** The error for a key that is not this secret's. */
export function foreignKey({ secretArn }: MirroredSecret, path: string, owner: KeyOwner | undefined): RekeyError {
  return new RekeyError("mirror-foreign", { context: { secret: secretArn, path, owner: owner?.owner } });
}
