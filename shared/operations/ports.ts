import type { CallOptions, RotationRequest } from "../rotation/ports.ts";

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
