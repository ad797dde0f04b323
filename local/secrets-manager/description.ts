import { replicationStatus } from "./replication-operations.ts";
import { labelsOf, type SecretRecord } from "./secret-record.ts";
import type { Input } from "./service.ts";

export const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
const dayMs = 24 * 3_600_000;
export const defined = (fields: Input): Input =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Absent, not null, where there is nothing to say; date fields in seconds. */
export function description(secret: SecretRecord): Input {
  const { rotation } = secret;
  const labelled = [...secret.versions.values()].filter(({ labels }) => labels.size > 0);
  return defined({
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description === "" ? undefined : secret.description,
    KmsKeyId: secret.kmsKeyId,
    Tags:
      secret.tags.size === 0 && secret.tagged !== true
        ? undefined
        : [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: seconds(secret.createdMs),
    LastChangedDate: seconds(secret.changedMs),
    LastAccessedDate: seconds(
      secret.accessedMs === undefined ? undefined : Math.floor(secret.accessedMs / dayMs) * dayMs,
    ),
    DeletedDate: seconds(secret.deletionMs),
    VersionIdsToStages:
      labelled.length === 0
        ? undefined
        : Object.fromEntries(labelled.map((version) => [version.versionId, labelsOf(version)])),
    PrimaryRegion: secret.primaryRegion,
    ReplicationStatus: secret.replicaRegions.size === 0 ? undefined : replicationStatus(secret),
    RotationEnabled: rotation?.enabled,
    RotationLambdaARN: rotation?.lambdaArn,
    RotationRules: rotation?.rules,
    LastRotatedDate: rotation?.enabled === true ? seconds(rotation.lastMs) : undefined,
    NextRotationDate: rotation?.enabled === true ? seconds(rotation.nextMs) : undefined,
  });
}
