// Made from the schemas beside it by `npm run docs`.

/** A subscriber uses this version and no older one any more. Subscribers publish it themselves, each under the source rekey.subscriber.<subscriber>. The subscriber is a name that the secret's tag rekey:subscribers holds. */
export interface SecretAdoptedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly versionId: string;
  readonly subscriber: string;
  readonly at: string;
}

/** A secret was scheduled for deletion, and can be restored while it is recoverable. At least once. */
export interface SecretDeletedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly recoverable: boolean;
  readonly at: string;
}

/** What a look at every secret found, at each look until it is fixed. Repaired: a repair was started. */
export interface SecretFindingV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly finding:
    | "current-missing"
    | "current-refused"
    | "mirror-altered"
    | "mirror-foreign"
    | "mirror-left"
    | "mirror-missing"
    | "mirror-newer"
    | "mirror-older"
    | "mirror-stray"
    | "pending-stuck"
    | "replica-behind"
    | "replica-failed"
    | "rotation-overdue";
  readonly versionId?: string;
  readonly repaired: boolean;
  readonly at: string;
}

/** Vault holds this version, or a newer one. The revision is that of the key in Vault. At least once. */
export interface SecretMirroredV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly revision: number;
  readonly written: boolean;
  readonly cluster?: string;
  readonly at: string;
}

/** How far the replicas of a secret were for this version: when all had it, or after some minutes when not. Regions by what Secrets Manager says of them: in sync, still in progress, failed. At least once, in any order. */
export interface SecretReplicatedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly regionsInSync: readonly string[];
  readonly regionsBehind: readonly string[];
  readonly regionsFailed: readonly string[];
  readonly at: string;
}

/** A secret that was scheduled for deletion can be read again. Without a versionId it has no value. At least once. */
export interface SecretRestoredV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId?: string;
  readonly at: string;
}

/** Tags of rekey's of a secret were set or removed, by CloudTrail. Their names only: whoever receives it reads the tags as they are now. At least once, in any order. */
export interface SecretRetaggedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly tags: readonly string[];
  readonly at: string;
}

/** The credential that a version replaced has stopped: its grace period is over. At least once. */
export interface SecretRetiredV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly retiredVersionId: string;
  readonly at: string;
}

/** A version of a secret became AWSCURRENT. Ids only: whoever receives it reads the value with its own permissions. At least once, in any order. Origin external: no rotation of rekey's made the version, or it could not say so itself; engine is then unknown and strategy none. */
export interface SecretRotatedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly previousVersionId?: string;
  readonly origin: "rotation" | "external";
  readonly engine: string;
  readonly strategy: "single-user" | "alternating-users" | "dual-password" | "issued" | "none";
  readonly at: string;
}

/** A step failed in a way that repeating it cannot mend. Codes are in docs/reference/errors.md. */
export interface SecretRotationFailedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly step: "createSecret" | "setSecret" | "testSecret" | "finishSecret" | "retirePrevious";
  readonly code: string;
  readonly disposition: "abort" | "intervene";
  readonly at: string;
}

/** Secrets Manager's own record, by CloudTrail, of a rotation that ended without success, whoever's function it invoked. A version that still waits under AWSPENDING is tried again, or a human must look. */
export interface SecretRotationStoppedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly outcome: "failed" | "abandoned";
  readonly step?: "createSecret" | "setSecret" | "testSecret" | "finishSecret" | "retirePrevious";
  readonly pendingVersionId?: string;
  readonly at: string;
}

/** What may stand in `detail`, by detail-type; `schemaVersion` tells versions apart. */
export interface DetailByType {
  readonly "Secret Adopted": SecretAdoptedV1;
  readonly "Secret Deleted": SecretDeletedV1;
  readonly "Secret Finding": SecretFindingV1;
  readonly "Secret Mirrored": SecretMirroredV1;
  readonly "Secret Replicated": SecretReplicatedV1;
  readonly "Secret Restored": SecretRestoredV1;
  readonly "Secret Retagged": SecretRetaggedV1;
  readonly "Secret Retired": SecretRetiredV1;
  readonly "Secret Rotated": SecretRotatedV1;
  readonly "Secret Rotation Failed": SecretRotationFailedV1;
  readonly "Secret Rotation Stopped": SecretRotationStoppedV1;
}
