import type { CallOptions } from "./call.ts";

/** Who has said that it uses a version of a secret. */
export interface Adoptions {
  /** Notes one more, and returns all of that version. Idempotent. Errors: `adoption-unavailable`, `time-budget-spent`. */
  note(
    adoption: { readonly secretArn: string; readonly versionId: string; readonly subscriber: string },
    call: CallOptions,
  ): Promise<ReadonlySet<string>>;
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
