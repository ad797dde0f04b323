// Made from the schemas in events/ by `npm run docs`.

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
  /** Whether its recovery window is open. */
  readonly recoverable: boolean;
  readonly at: string;
}

/** What a look at every secret found, at each look until it is fixed. Repaired: a repair was started. */
export interface SecretFindingV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  /** `current-refused`: a server refused a login with AWSCURRENT while no rotation was under way. `replica-behind`: a replica has not had the current value for an hour. `replica-failed`: Secrets Manager gave up replicating it. `mirror-altered`: the mirror names this version, but somebody changed what it holds. `mirror-foreign`: its place belongs to another secret, or to somebody else. `mirror-newer`: AWSCURRENT was moved back to an older version. `mirror-left`: the mirror still shows a secret that is deleted or not to be mirrored. `mirror-stray`: a copy is in a cluster that the secret does not belong to. `pending-stuck`: AWSPENDING is on another version than the current one. */
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
  /** The version that the finding is about. */
  readonly versionId?: string;
  /** Whether the repair was started. */
  readonly repaired: boolean;
  readonly at: string;
}

/** Vault holds this version, or a newer one. The revision is that of the key in Vault. At least once. */
export interface SecretMirroredV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  /** The mirror's own number of what holds this version, or a newer one. */
  readonly revision: number;
  /** Whether it was written now. */
  readonly written: boolean;
  /** Which of several mirrors it is. */
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
  /** The current version. */
  readonly versionId: string;
  /** The version whose credential stopped working. */
  readonly retiredVersionId: string;
  /** refused: every server was offered the replaced credential once and refused it. not-tried: one of them was not, since it locks the user soon, or the version names other servers. */
  readonly proof: "refused" | "not-tried";
  /** Who still had connections of the replaced credential when it was retired. Empty: nobody, or the server does not tell. By what the server says of its connections; the application is the client's own word. */
  readonly heldBy: readonly {
    readonly application?: string;
    readonly address?: string;
    /** When the oldest of these connections logged in. */
    readonly since?: string;
    readonly connections: number;
  }[];
  readonly at: string;
}

/** The replaced credential is due, and the server has connections of it. It is retired when they are gone, and at the latest at `retiredAtLatest`. At least once. */
export interface SecretRetirementDelayedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  /** The current version. */
  readonly versionId: string;
  /** The version whose credential is due. */
  readonly retiredVersionId: string;
  /** When it is retired all the same. */
  readonly retiredAtLatest: string;
  /** Who has connections of it, those with the most first. By what the server says of its connections; the application is the client's own word. */
  readonly heldBy: readonly {
    readonly application?: string;
    readonly address?: string;
    /** When the oldest of these connections logged in. */
    readonly since?: string;
    readonly connections: number;
  }[];
  readonly at: string;
}

/** A version of a secret became AWSCURRENT. Ids only: whoever receives it reads the value with its own permissions. At least once, in any order. Origin external: no rotation of rekey's made the version, or it could not say so itself; engine is then unknown and strategy none. */
export interface SecretRotatedV1 {
  readonly schemaVersion: 1;
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
  readonly previousVersionId?: string;
  /** `external`: no rotation of rekey's made the version, or it could not report it itself. */
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
  /** The version that still waits under AWSPENDING: Secrets Manager tries the rotation again, or somebody must look. */
  readonly pendingVersionId?: string;
  readonly at: string;
}

/** What `detail` holds, by detail-type. `schemaVersion` distinguishes the versions. */
export interface DetailByType {
  readonly "Secret Adopted": SecretAdoptedV1;
  readonly "Secret Deleted": SecretDeletedV1;
  readonly "Secret Finding": SecretFindingV1;
  readonly "Secret Mirrored": SecretMirroredV1;
  readonly "Secret Replicated": SecretReplicatedV1;
  readonly "Secret Restored": SecretRestoredV1;
  readonly "Secret Retagged": SecretRetaggedV1;
  readonly "Secret Retired": SecretRetiredV1;
  readonly "Secret Retirement Delayed": SecretRetirementDelayedV1;
  readonly "Secret Rotated": SecretRotatedV1;
  readonly "Secret Rotation Failed": SecretRotationFailedV1;
  readonly "Secret Rotation Stopped": SecretRotationStoppedV1;
}

/** What rekey publishes: the newest version of each. */
export interface PublishedDetails {
  readonly "Secret Deleted": SecretDeletedV1;
  readonly "Secret Finding": SecretFindingV1;
  readonly "Secret Mirrored": SecretMirroredV1;
  readonly "Secret Replicated": SecretReplicatedV1;
  readonly "Secret Restored": SecretRestoredV1;
  readonly "Secret Retagged": SecretRetaggedV1;
  readonly "Secret Retired": SecretRetiredV1;
  readonly "Secret Retirement Delayed": SecretRetirementDelayedV1;
  readonly "Secret Rotated": SecretRotatedV1;
  readonly "Secret Rotation Failed": SecretRotationFailedV1;
  readonly "Secret Rotation Stopped": SecretRotationStoppedV1;
}

/** The fields of each besides `schemaVersion` and `at`, which the publisher adds. */
export const detailFields: Readonly<Record<keyof PublishedDetails, readonly string[]>> = {
  "Secret Deleted": ["secretArn", "secretName", "recoverable"],
  "Secret Finding": ["secretArn", "secretName", "finding", "versionId", "repaired"],
  "Secret Mirrored": ["secretArn", "secretName", "versionId", "revision", "written", "cluster"],
  "Secret Replicated": ["secretArn", "secretName", "versionId", "regionsInSync", "regionsBehind", "regionsFailed"],
  "Secret Restored": ["secretArn", "secretName", "versionId"],
  "Secret Retagged": ["secretArn", "secretName", "tags"],
  "Secret Retired": ["secretArn", "secretName", "versionId", "retiredVersionId", "proof", "heldBy"],
  "Secret Retirement Delayed": [
    "secretArn",
    "secretName",
    "versionId",
    "retiredVersionId",
    "retiredAtLatest",
    "heldBy",
  ],
  "Secret Rotated": ["secretArn", "secretName", "versionId", "previousVersionId", "origin", "engine", "strategy"],
  "Secret Rotation Failed": ["secretArn", "secretName", "versionId", "step", "code", "disposition"],
  "Secret Rotation Stopped": ["secretArn", "secretName", "outcome", "step", "pendingVersionId"],
};
