import type { ErrorCode } from "../../errors/codes.ts";
import type { CallOptions, RotationStep, SecretDescription, SecretStore } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { MirroredSecret } from "../../ports/mirror.ts";

/** A secret as a list shows it: what DescribeSecret says, but for its replicas, and up to five minutes late. */
export interface ListedSecret extends SecretDescription {
  readonly createdAt?: Date;
}

export interface FleetFilter {
  /** Words of the name by their beginnings, in any case: `ord` finds `prod/orders`. */
  readonly search?: string;
  readonly tag?: { readonly key: string; readonly value?: string };
}

export interface SecretListing {
  /** One ListSecrets: `limit` secrets at most (1 to 100), by name. Errors: those of the store. */
  page(
    filter: FleetFilter,
    at: { readonly limit: number; readonly cursor?: string },
    call: CallOptions,
  ): Promise<{ readonly secrets: readonly ListedSecret[]; readonly cursor?: string }>;
}

export interface VersionFacts {
  readonly versionId: string;
  /** None: Secrets Manager removes it in time. */
  readonly labels: readonly string[];
  readonly createdAt: Date;
}

/** When Secrets Manager rotates by itself: every so many days, or `cron(…)` and `rate(…)` as it reads them. */
export type RotationSchedule = { readonly everyDays: number } | { readonly expression: string };

/** What an operator does to a secret, and a rotation function never does. Errors: those of the store. */
export interface SecretAdministration {
  /** The newest 100, those without a label among them, newest first. */
  versions(secretId: string, call: CallOptions): Promise<readonly VersionFacts[]>;
  /** RotateSecret. Secrets Manager answers the same and starts nothing for a VersionId that it had before. */
  rotate(secretId: string, versionId: string, call: CallOptions): Promise<void>;
  /** Names the function and the schedule; Secrets Manager tests the function with a copy of AWSCURRENT, and rotates later. */
  enableRotation(
    secretId: string,
    rotation: { readonly functionArn: string; readonly schedule: RotationSchedule; readonly versionId: string },
    call: CallOptions,
  ): Promise<void>;
  /** CancelRotateSecret: the function's ARN and the schedule stay. Returns the version of a rotation that this cut. */
  disableRotation(secretId: string, call: CallOptions): Promise<string | undefined>;
  tag(secretId: string, tags: ReadonlyMap<string, string>, call: CallOptions): Promise<void>;
  untag(secretId: string, tags: readonly string[], call: CallOptions): Promise<void>;
  /** A version under this label alone. Idempotent for an equal value. Errors: `version-conflict`. */
  putLabelled(
    secretId: string,
    version: { readonly versionId: string; readonly value: SecretValue; readonly label: string },
    call: CallOptions,
  ): Promise<void>;
}

/** One step of a rotation as its function told it in its log. */
export interface StepRecord {
  readonly versionId: string;
  readonly step: RotationStep;
  /** When it ended. */
  readonly at: Date;
  readonly outcome: "done" | "already-done" | "failed";
  readonly durationMs?: number;
  /** Of a step that failed. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

export interface StepLog {
  /**
   * The steps of a secret since then, oldest first, as far as the log goes back and a bounded look finds them. Errors:
   * `records-unavailable`, `access-denied`, `time-budget-spent`.
   */
  steps(
    functionArn: string,
    of: { readonly secretArn: string; readonly since: Date },
    call: CallOptions,
  ): Promise<readonly StepRecord[]>;
}

/** Who did what to a secret. */
export interface AuditRecord {
  readonly at: Date;
  /** `RotateSecret`, `UpdateSecretVersionStage`, `RotationFailed`, … */
  readonly what: string;
  /** The caller's ARN, or the service's name. */
  readonly who: string;
  /** The error's type, of a call that was refused. */
  readonly errorCode?: string;
}

export interface AuditTrail {
  /**
   * Changes of a secret, newest first, out of the newest few hundred records of it: reads are recorded, too, and left out.
   * `since`: how far back that reaches. Errors: `records-unavailable`, `access-denied`, `time-budget-spent`.
   */
  changes(
    secretArn: string,
    call: CallOptions,
  ): Promise<{ readonly records: readonly AuditRecord[]; readonly since?: Date }>;
}

/** One Vault cluster, looked at without a secret's value. */
export interface MirrorView {
  readonly cluster: string;
  /** Whether the secret belongs to this one of several clusters. Errors: `option-invalid` for a tag. */
  mirrors(secret: MirroredSecret): boolean;
  /**
   * Revision 0: nothing was ever written there. `owner`: the ARN of another secret, which the key is recorded to be of. `at`:
   * when Vault made that revision. Errors: those of the mirror.
   */
  look(
    secret: MirroredSecret,
    call: CallOptions,
  ): Promise<{
    readonly path: string;
    readonly revision: number;
    readonly owner?: string;
    readonly versionId?: string;
    readonly at?: Date;
  }>;
}

export interface AdoptionTable {
  /**
   * Who has said that it uses a version, and when that was first noted, where known; by VersionId, for 100 versions of any
   * secrets at most. Errors: `adoption-unavailable`, `time-budget-spent`.
   */
  adopted(
    versions: readonly { readonly secretArn: string; readonly versionId: string }[],
    call: CallOptions,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, Date | undefined>>>;
}

/** What all of the views and operations on secrets are made of; what is absent is not there, or not to be asked. */
export interface FleetPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly listing: SecretListing;
  readonly administration: SecretAdministration;
  readonly log?: StepLog;
  readonly trail?: AuditTrail;
  readonly mirrors: readonly MirrorView[];
  readonly adoptions?: AdoptionTable;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
}
