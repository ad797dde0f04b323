import { RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions } from "../ports/call.ts";
import type { MirrorEntry, MirroredSecret } from "../ports/mirror.ts";
import type { HeldRevision } from "./held-revision.ts";
import { createdAtIn, versionIn } from "./layout/mirrored-fields.ts";
import { type KeyOwner, ownerText, owns } from "./owner-record.ts";

/**
 * Whose a key is, seen from one secret. `nobody`: nothing was ever written there. `own`: the secret's, and so is what it
 * holds. `unrecorded`: the same, as what it holds proves, but no owner is recorded. `vacated`: the key is the secret's to
 * write, and what it holds is not the secret's: it was taken over, or the owner was deleted and this secret has its name.
 * `foreign`: everything else.
 */
export type Whose = "nobody" | "own" | "unrecorded" | "vacated" | "foreign";

/** When Secrets Manager made a version of a secret; `undefined`: it has no such version. Errors: those of the store. */
export type VersionDates = (secretArn: string, versionId: string, call: CallOptions) => Promise<Date | undefined>;

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
