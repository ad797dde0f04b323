import type { ErrorCode } from "../errors/codes.ts";
import type { CallOptions } from "./call.ts";
import type { RotationStep } from "./rotation.ts";

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

/**
 * What the rotation functions wrote to their logs.
 *
 * @example
 * ```ts
 * const lastStep = async (log: StepLog, functionArn: string, secretArn: string, call: CallOptions) =>
 *   (await log.steps(functionArn, { secretArn, since: new Date(0) }, call)).at(-1)?.step;
 * ```
 */
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

/**
 * Who changed a secret, and when.
 *
 * @example
 * ```ts
 * const lastChange = async (trail: AuditTrail, secretArn: string, call: CallOptions) =>
 *   (await trail.changes(secretArn, call)).records[0]?.who;
 * ```
 */
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
