import type { CallOptions, MirrorEntry, RotationRequest } from "../rotation/ports.ts";

/** Who has said that it uses a version of a secret. */
export interface Adoptions {
  /** Notes one more, and returns all of that version. Idempotent. Errors: `adoption-unavailable`, `time-budget-spent`. */
  note(
    adoption: { readonly secretArn: string; readonly versionId: string; readonly subscriber: string },
    call: CallOptions,
  ): Promise<ReadonlySet<string>>;
}

/** A secret's own rotation function, asked for one step outside of a rotation. */
export interface RotationInvoker {
  /** Errors: those of the step, by code; `rotation-function-failed` for a function that could not be asked; `time-budget-spent`. */
  invoke(functionArn: string, request: RotationRequest, call: CallOptions): Promise<void>;
}

/** Which secrets there are. */
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

/**
 * `altered`: it names this version, or none, and holds something else. `older`, `newer`: it holds another version.
 */
export type MirrorState = "same" | "missing" | "older" | "newer" | "altered";

/** Looks at a mirror and changes nothing. */
export interface MirrorAudit {
  /** Errors: those of the mirror. */
  compare(entry: MirrorEntry, call: CallOptions): Promise<MirrorState>;
}

/** A queue that a function feeds itself from. */
export interface Dispatch {
  /** Errors: `queue-unavailable`, `time-budget-spent`. At least once. */
  send(message: object, call: CallOptions): Promise<void>;
}
