import type { ErrorCode } from "../../errors/codes.ts";
import type { StepRecord } from "../../ports/records.ts";

/**
 * The progress of one secret in a campaign. `requested`: RotateSecret was accepted. `waiting`: Secrets Manager tries again what failed,
 * see the code. `promoted`: the new version is current.
 * `rotated`: and its rotation is finished. `already`: this campaign had rotated it before. `failed`: it is not, see the code.
 */
export type Progress = "requested" | "waiting" | "promoted" | "rotated" | "already" | "failed";

/** How a campaign ended. */
export interface CampaignEnd {
  readonly type: "campaign-finished";
  readonly campaign: string;
  readonly rotated: number;
  readonly already: number;
  readonly failed: number;
  /** Never begun: the campaign was stopped by failures, or by the caller. */
  readonly left: number;
  readonly stopped: "no" | "by-failures" | "by-caller";
}

/** A chat or on-call service that could not be told of the end. */
export interface UntoldTarget {
  readonly target: string;
  readonly code: ErrorCode;
  readonly hint: string;
}

export type CampaignEvent =
  | {
      readonly type: "campaign-started";
      readonly campaign: string;
      /** How many secrets each wave has. */
      readonly waves: readonly number[];
    }
  | { readonly type: "wave-started"; readonly wave: number; readonly secrets: number }
  | {
      readonly type: "progress";
      readonly secretArn: string;
      readonly versionId: string;
      readonly progress: Progress;
      /** Of `failed` and `waiting`, and what to do. */
      readonly code?: ErrorCode;
      readonly hint?: string;
    }
  /** A step, as the function logged it. */
  | { readonly type: "step"; readonly secretArn: string; readonly step: StepRecord }
  | { readonly type: "wave-finished"; readonly wave: number }
  | (UntoldTarget & { readonly type: "not-told" })
  | CampaignEnd;
