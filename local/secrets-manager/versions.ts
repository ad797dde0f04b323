import type { Members } from "../../shared/answers/members.ts";
import { refusals } from "./messages.ts";
import type { Secret, SecretContent, SecretState, SecretVersion } from "./secret.ts";
import { checkLabelCount, holderOf, labelsOf, moveLabel } from "./staging-labels.ts";

const keptVersions = 100;
const keptMs = 24 * 3_600_000;

/** Deprecated versions go, oldest first, while there are more than 100, but none that is younger than a day. */
function cleanUp({ versions }: SecretState, nowMs: number): void {
  for (const { versionId, labels, createdMs } of versions.values()) {
    if (versions.size <= keptVersions) return;
    if (labels.size === 0 && nowMs - createdMs > keptMs) versions.delete(versionId);
  }
}

export function addVersion(
  { versions }: SecretState,
  versionId: string,
  content: SecretContent | undefined,
  nowMs: number,
): SecretVersion {
  const version = { versionId, createdMs: nowMs, labels: new Set<string>(), content, accessedMs: undefined };
  versions.set(versionId, version);
  return version;
}

const sameContent = (one: SecretContent, other: SecretContent): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/**
 * Stores a value under a token and moves `stages` to it, AWSCURRENT when they are not given or when it is the first
 * version. The token of an empty AWSPENDING version fills that version; the same token with the same value changes nothing.
 * Returns the labels that were moved. Errors: `ResourceExistsException` for another value, `LimitExceededException`.
 */
export function putVersion(
  { state, arn }: Secret,
  versionId: string,
  content: SecretContent,
  stages: readonly string[] | undefined,
  nowMs: number,
): { readonly version: SecretVersion; readonly moved: readonly string[] } {
  const known = state.versions.get(versionId);
  if (known?.content !== undefined) {
    if (sameContent(known.content, content)) return { version: known, moved: [] };
    throw refusals.tokenTaken("ResourceExistsException", versionId, arn);
  }
  const current = holderOf(state, "AWSCURRENT");
  const wanted = new Set(stages ?? ["AWSCURRENT"]);
  if (current === undefined) wanted.add("AWSCURRENT");
  checkLabelCount(state, wanted);

  const version = known ?? addVersion(state, versionId, undefined, nowMs);
  version.content = content;
  const moved = [...wanted].filter((label) => !version.labels.has(label));
  for (const label of moved) moveLabel(state, label, version);
  if (current !== version && version.labels.has("AWSCURRENT")) current?.labels.delete("AWSPENDING");
  state.changedMs = nowMs;
  cleanUp(state, nowMs);
  return { version, moved };
}

/**
 * The answer of GetSecretValue: AWSCURRENT, or the version that is named. Errors: `ResourceNotFoundException` for a version
 * that is not there or has no value, `InvalidRequestException` when it does not have the label.
 */
export function readValue(
  secret: Secret,
  selector: { readonly versionId?: string | undefined; readonly label?: string | undefined },
  nowMs: number,
): Members {
  const { versionId, label } = selector;
  const { state } = secret;
  const wanted = label ?? "AWSCURRENT";
  const version = versionId === undefined ? holderOf(state, wanted) : state.versions.get(versionId);
  const notFound = versionId === undefined ? refusals.labelNotFound(wanted) : refusals.versionNotFound(versionId);
  if (version === undefined) throw notFound;
  if (label !== undefined && !version.labels.has(label)) throw refusals.labelElsewhere();
  if (version.content === undefined) throw notFound;
  version.accessedMs = nowMs;
  secret.accessedMs = nowMs;
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.versionId,
    ...version.content,
    VersionStages: version.labels.size === 0 ? undefined : labelsOf(version),
    CreatedDate: version.createdMs / 1000,
  };
}
