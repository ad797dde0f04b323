import { createHash } from "node:crypto";
import { memberAt } from "../answers/member-at.ts";
import type { MirroredSecret } from "../ports/mirror.ts";
import { type MirroredFields, versionIdField, versionIn } from "./layout/mirrored-fields.ts";

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

const arnField = "rekey_secret_arn";
const sinceField = "rekey_since_revision";

/** A value of custom metadata. A secret's name may have 512 characters alone. */
const maxValueBytes = 512;

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const nameAndSuffix = /(?<=:secret:)(.+)(?=-[A-Za-z0-9]{6}$)/;

/** The ARN; in one of more than 512 bytes, the name's digest stands for the name. No name has a colon. */
export function ownerText(secretArn: string): string {
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
  {
    owner,
    revision,
    fields,
  }: {
    readonly owner: KeyOwner | undefined;
    readonly revision: number;
    readonly fields: MirroredFields | undefined;
  },
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
