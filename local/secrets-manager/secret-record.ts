import { randomInt } from "node:crypto";
import { AwsError } from "../aws/service.ts";

export interface SecretVersion {
  readonly versionId: string;
  readonly createdMs: number;
  readonly labels: Set<string>;
  /** Absent on the AWSPENDING version that RotateSecret makes before createSecret. */
  content?: { readonly SecretString: string } | { readonly SecretBinary: string };
}

export interface RotationRules {
  readonly AutomaticallyAfterDays?: number;
  readonly ScheduleExpression?: string;
  readonly Duration?: string;
}

export interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly createdMs: number;
  readonly versions: Map<string, SecretVersion>;
  readonly tags: Map<string, string>;
  description?: string;
  kmsKeyId?: string;
  changedMs: number;
  accessedMs?: number;
  deletionMs?: number;
  resourcePolicy?: string;
  /** Tags were set once: an empty list is answered from then on. */
  tagged?: boolean;
  /** Regions that this primary is replicated to, or the Region of the primary that this is a replica of. */
  readonly replicaRegions: Set<string>;
  primaryRegion?: string;
  rotation?: { enabled: boolean; lambdaArn: string; rules?: RotationRules; lastMs?: number; nextMs?: number };
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The six characters that Secrets Manager puts behind a name, new ones each time a name is used again. */
export const arnSuffix = (): string =>
  Array.from({ length: 6 }, () => letters.charAt(randomInt(letters.length))).join("");

export const holderOf = (secret: SecretRecord, label: string): SecretVersion | undefined =>
  [...secret.versions.values()].find(({ labels }) => labels.has(label));

/** A label is on one version at most; the version that AWSCURRENT leaves gets AWSPREVIOUS. */
export function moveLabel(secret: SecretRecord, label: string, to: SecretVersion): void {
  const from = holderOf(secret, label);
  if (from === to) return;
  from?.labels.delete(label);
  to.labels.add(label);
  if (label === "AWSCURRENT" && from !== undefined) moveLabel(secret, "AWSPREVIOUS", from);
}

export const labelsOf = ({ labels }: SecretVersion): string[] => [...labels].sort();

const cleanUpAboveVersions = 100;
const youngestCleanedUpMs = 24 * 3_600_000;

/** Versions without a label go once there are more than 100, but never before a day is over. */
function cleanUp(secret: SecretRecord, nowMs: number): void {
  for (const version of secret.versions.values()) {
    if (secret.versions.size <= cleanUpAboveVersions) return;
    if (version.labels.size === 0 && nowMs - version.createdMs > youngestCleanedUpMs)
      secret.versions.delete(version.versionId);
  }
}

export const secretNotFound = (): AwsError =>
  new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");

const sameContent = (one: SecretVersion["content"], other: SecretVersion["content"]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/**
 * Puts a version under a client request token and moves the labels to it. The same token with the same value changes
 * nothing; with another value it is refused; the token of an empty AWSPENDING version fills that version.
 */
export function putVersion(
  secret: SecretRecord,
  versionId: string,
  content: NonNullable<SecretVersion["content"]>,
  stages: readonly string[] | undefined,
  nowMs: number,
): SecretVersion {
  const known = secret.versions.get(versionId);
  if (known?.content !== undefined) {
    if (sameContent(known.content, content)) return known;
    throw new AwsError(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const version = known ?? { versionId, createdMs: nowMs, labels: new Set<string>() };
  version.content = content;
  secret.versions.set(versionId, version);
  const current = holderOf(secret, "AWSCURRENT");
  const labels = new Set(stages ?? ["AWSCURRENT"]);
  if (current === undefined) labels.add("AWSCURRENT");
  if (labels.has("AWSCURRENT")) holderOf(secret, "AWSPENDING")?.labels.delete("AWSPENDING");
  for (const label of labels) moveLabel(secret, label, version);
  secret.changedMs = nowMs;
  cleanUp(secret, nowMs);
  return version;
}
