import type { SecretValue } from "../secrets/secret-value.ts";
import type { CallOptions } from "./call.ts";
import type { SecretDescription } from "./secret-store.ts";

/**
 * Which secrets there are.
 *
 * @example
 * ```ts
 * const firstPage = async (catalogue: SecretCatalogue, call: CallOptions) =>
 *   (await catalogue.page({ namePrefixes: ["prod/"] }, call)).secretArns;
 * ```
 */
export interface SecretCatalogue {
  /**
   * ARNs of at most 100 secrets whose names begin with one of these, or of any for no prefix, and where to go on. A secret
   * that is new may be missing for minutes. Errors: those of the store.
   */
  page(
    from: { readonly cursor?: string; readonly namePrefixes: readonly string[] },
    call: CallOptions,
  ): Promise<{ readonly secretArns: readonly string[]; readonly cursor?: string }>;
}

/** A secret as a list shows it: what DescribeSecret says, but for its replicas, and up to five minutes late. */
export interface ListedSecret extends SecretDescription {
  readonly createdAt?: Date;
  /** The day of its last read, whoever read it: its first moment in UTC. None: nobody ever did. */
  readonly accessedOn?: Date;
}

export interface FleetFilter {
  /** Words of the name by their beginnings, in any case: `ord` finds `prod/orders`. */
  readonly search?: string;
  readonly tag?: { readonly key: string; readonly value?: string };
}

/**
 * The secrets of the account, a page at a time.
 *
 * @example
 * ```ts
 * const ofPayments = async (listing: SecretListing, call: CallOptions) =>
 *   (await listing.page({ tag: { key: "team", value: "payments" } }, { limit: 100 }, call)).secrets;
 * ```
 */
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

/**
 * What an operator does to a secret, and a rotation function never does. Errors: those of the store.
 *
 * @example
 * ```ts
 * const rotateNow = async (administration: SecretAdministration, versionId: string, call: CallOptions) =>
 *   administration.rotate("prod/orders", versionId, call);
 * ```
 */
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
