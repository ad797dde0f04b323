import type { CallOptions } from "./call.ts";

/**
 * Who has said that it uses a version of a secret.
 *
 * @example
 * ```ts
 * const isLast = async (adoptions: Adoptions, secretArn: string, versionId: string, call: CallOptions) =>
 *   (await adoptions.note({ secretArn, versionId, subscriber: "orders" }, call)).has("billing");
 * ```
 */
export interface Adoptions {
  /** Notes one more, and returns all of that version. Idempotent. Errors: `adoption-unavailable`, `time-budget-spent`. */
  note(
    adoption: { readonly secretArn: string; readonly versionId: string; readonly subscriber: string },
    call: CallOptions,
  ): Promise<ReadonlySet<string>>;
}

/**
 * Who has said that it uses which version, for many secrets at once.
 *
 * @example
 * ```ts
 * const subscribers = async (table: AdoptionTable, secretArn: string, versionId: string, call: CallOptions) => [
 *   ...((await table.adopted([{ secretArn, versionId }], call)).get(versionId)?.keys() ?? []),
 * ];
 * ```
 */
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
