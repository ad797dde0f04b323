import type { CallOptions } from "./call.ts";

/** Secrets Manager's four steps, and rekey's own: `retirePrevious` makes the replaced credential stop. */
export type RotationStep = "createSecret" | "setSecret" | "testSecret" | "finishSecret" | "retirePrevious";

/** `already-done`: an earlier invocation did it, and nothing was changed now. */
export type StepOutcome = "done" | "already-done";

/** One invocation by Secrets Manager. `versionId` is its ClientRequestToken; `rotationToken` is never logged. */
export interface RotationRequest {
  readonly step: RotationStep;
  readonly secretId: string;
  readonly versionId: string;
  readonly rotationToken?: string;
  /** With `retirePrevious`: everyone who uses the secret has said that it uses this version, so no grace is left to wait for. */
  readonly adopted?: boolean;
}

/**
 * A secret's own rotation function, asked for one step outside of a rotation.
 *
 * @example
 * ```ts
 * const retire = async (invoker: RotationInvoker, functionArn: string, secretId: string, versionId: string, call: CallOptions) =>
 *   invoker.invoke(functionArn, { step: "retirePrevious", secretId, versionId }, call);
 * ```
 */
export interface RotationInvoker {
  /** Errors: those of the step, by code; `rotation-function-failed` for a function that could not be asked; `time-budget-spent`. */
  invoke(functionArn: string, request: RotationRequest, call: CallOptions): Promise<void>;
}
