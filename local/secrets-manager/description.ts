import type { Members } from "../../shared/answers/members.ts";
import { replicationStatus, type RotationSettings, type Secret } from "./secret.ts";
import { labelledVersions, labelsOf } from "./staging-labels.ts";

const dayMs = 24 * 3_600_000;

/** Dates are seconds since the Unix epoch on the wire. */
export const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

/** Accesses are told by the day. */
export const accessDate = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : seconds(Math.floor(ms / dayMs) * dayMs);

/** After a rotation, AutomaticallyAfterDays is calculated from an expression too. */
function shownRules({ rules, lastRotatedMs, nextMs }: RotationSettings): Members | undefined {
  if (rules?.ScheduleExpression === undefined || lastRotatedMs === undefined || nextMs === undefined) {
    return rules === undefined ? undefined : { ...rules };
  }
  return { ...rules, AutomaticallyAfterDays: Math.max(1, Math.floor((nextMs + 1000 - lastRotatedMs) / dayMs)) };
}

function rotationOf(settings: RotationSettings): Members {
  const { enabled, lambdaArn, external, lastRotatedMs, nextMs } = settings;
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: lambdaArn === "" ? undefined : lambdaArn,
    ExternalSecretRotationMetadata: external?.metadata,
    ExternalSecretRotationRoleArn: external?.roleArn,
    RotationRules: shownRules(settings),
    LastRotatedDate: enabled ? seconds(lastRotatedMs) : undefined,
    NextRotationDate: enabled ? seconds(nextMs) : undefined,
  };
}

/** What DescribeSecret and ListSecrets have in common. What there is nothing to say about is `undefined`. */
export function metadata(secret: Secret): Members {
  const { state } = secret;
  return {
    ARN: secret.arn,
    Name: secret.name,
    Type: state.type,
    OwningService: state.owningService,
    Description: state.description === "" ? undefined : state.description,
    KmsKeyId: secret.kmsKeyId,
    ...(secret.rotation === undefined ? {} : rotationOf(secret.rotation)),
    LastChangedDate: seconds(state.changedMs),
    LastAccessedDate: accessDate(secret.accessedMs),
    DeletedDate: seconds(secret.deletionMs),
    Tags: state.tagged ? [...state.tags].map(([Key, Value]) => ({ Key, Value })) : undefined,
    CreatedDate: seconds(secret.createdMs),
    PrimaryRegion: secret.replicas.size > 0 ? secret.region : secret.primary?.region,
  };
}

/** VersionIdsToStages, `undefined` without labelled versions. */
export function stagesByVersion({ state }: Secret): Members | undefined {
  const labelled = labelledVersions(state);
  if (labelled.length === 0) return undefined;
  return Object.fromEntries(labelled.map((version) => [version.versionId, labelsOf(version)]));
}

export const description = (secret: Secret): Members => ({
  ...metadata(secret),
  VersionIdsToStages: stagesByVersion(secret),
  ReplicationStatus: secret.replicas.size === 0 ? undefined : replicationStatus(secret),
});
