import { isRekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { CallOptions } from "./call.ts";
import type { RotationRequest } from "./rotation.ts";

export type StagingLabel = "AWSCURRENT" | "AWSPENDING" | "AWSPREVIOUS";

export interface SecretDescription {
  readonly secretArn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  /** The customer managed key of its values, as the store names it: an id, an ARN or an alias. None: the account's own key. */
  readonly kmsKeyId?: string;
  /** The function that Secrets Manager invokes to rotate it. */
  readonly rotationFunctionArn?: string;
  /** Who manages it in place of rekey: the AWS service that owns it (`rds`), or its type where AWS rotates it at a partner. */
  readonly managedBy?: string;
  /** When a rotation last succeeded, which is after its function had published what it did. */
  readonly lastRotatedAt?: Date;
  /** Secrets Manager rotates it by then. */
  readonly nextRotationAt?: Date;
  /** When anything of it was last changed, a label or a tag included. */
  readonly changedAt?: Date;
  /** Staging labels by VersionId; versions without a label are absent. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly tags: ReadonlyMap<string, string>;
  /** When it was scheduled for deletion; its value cannot be read since. */
  readonly deletedAt?: Date;
  /** How far each of its replicas is, by region. */
  readonly replicas?: ReadonlyMap<string, "InSync" | "InProgress" | "Failed">;
}

export interface StoredVersion {
  readonly versionId: string;
  readonly value: SecretValue;
  readonly createdAt: Date;
  /** Of the secret, where the store says it. */
  readonly secretArn?: string;
}

/** A version by label, by id, or by both: with both, the store answers only when the label is on that very version. */
export type VersionSelector =
  | { readonly label: StagingLabel; readonly versionId?: string }
  | { readonly versionId: string; readonly label?: undefined };

/**
 * The description, the versions and the staging labels of one secret.
 *
 * @example
 * ```ts
 * const current = async (store: SecretStore, call: CallOptions) =>
 *   store.read("prod/orders", { label: "AWSCURRENT" }, call);
 * ```
 */
export interface SecretStore {
  /** Errors: `secret-not-found`. */
  describe(secretId: string, call: CallOptions): Promise<SecretDescription>;
  /** `undefined`: no such version, none with that label, or one without a value. Errors: `secret-not-found`, of AWSCURRENT. */
  read(secretId: string, at: VersionSelector, call: CallOptions): Promise<StoredVersion | undefined>;
  /** Versions that no label of AWS is on but that can still be read, newest first: where an abandoned rotation left its value. */
  unlabelled(secretId: string, limit: number, call: CallOptions): Promise<readonly StoredVersion[]>;
  /** Idempotent for an equal value. Errors: `version-conflict` for another value under the same VersionId. */
  putPending(request: RotationRequest, value: SecretValue, call: CallOptions): Promise<void>;
  /** Moves AWSCURRENT. Idempotent. Secrets Manager puts AWSPREVIOUS on the version that it leaves. */
  promote(request: RotationRequest, move: { readonly from: string }, call: CallOptions): Promise<void>;
  /** Takes AWSPENDING off this request's version. Idempotent: a label that is not there is no error. */
  clearPending(request: RotationRequest, call: CallOptions): Promise<void>;
  /** Puts a label of rekey's own on this request's version, and takes it from any other. Idempotent. */
  mark(request: RotationRequest, label: string, call: CallOptions): Promise<void>;
}

/**
 * The version that this staging label is on.
 *
 * @example
 * ```ts
 * const current = async (store: SecretStore, call: CallOptions) =>
 *   versionWithLabel(await store.describe("prod/orders", call), "AWSCURRENT");
 * ```
 */
export function versionWithLabel({ labels }: SecretDescription, label: string): string | undefined {
  for (const [versionId, on] of labels) if (on.includes(label)) return versionId;
  return undefined;
}

/**
 * The version of a rotation that is under way: AWSPENDING's, unless it is current already.
 *
 * @example
 * ```ts
 * const waiting = async (store: SecretStore, call: CallOptions) =>
 *   versionUnderWay(await store.describe("prod/orders", call));
 * ```
 */
export function versionUnderWay(description: SecretDescription): string | undefined {
  const pending = versionWithLabel(description, "AWSPENDING");
  return pending === versionWithLabel(description, "AWSCURRENT") ? undefined : pending;
}

/**
 * Whether AWSPENDING waits on a version that is not current.
 *
 * @example
 * ```ts
 * const isBusy = async (store: SecretStore, call: CallOptions) =>
 *   isRotationUnderWay(await store.describe("prod/orders", call));
 * ```
 */
export const isRotationUnderWay = (description: SecretDescription): boolean =>
  versionUnderWay(description) !== undefined;

/**
 * Who rotates it in place of a function: AWS, for the owner or the partner of that name. `undefined`: nobody does, or a function.
 *
 * @example
 * ```ts
 * const isDelivered = async (store: SecretStore, call: CallOptions) =>
 *   rotatedByAws(await store.describe("rds!cluster-1", call)) === "rds";
 * ```
 */
export const rotatedByAws = ({
  managedBy,
  rotationEnabled,
  rotationFunctionArn,
}: SecretDescription): string | undefined =>
  rotationEnabled && rotationFunctionArn === undefined ? managedBy : undefined;

/**
 * `undefined`: there is no such secret. Errors: those of the store.
 *
 * @example
 * ```ts
 * const isThere = async (store: SecretStore, call: CallOptions) =>
 *   (await describeIfExists(store, "prod/orders", call)) !== undefined;
 * ```
 */
export async function describeIfExists(
  store: Pick<SecretStore, "describe">,
  secretId: string,
  call: CallOptions,
): Promise<SecretDescription | undefined> {
  try {
    return await store.describe(secretId, call);
  } catch (error) {
    if (isRekeyError(error, "secret-not-found")) return undefined;
    throw error;
  }
}
