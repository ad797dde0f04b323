import type { ErrorCode } from "../shared/errors/codes.ts";
import type { CampaignEvent } from "../shared/operations/campaign/campaign-events.ts";
import type { CapacityPlan } from "../shared/capacity/capacity-plan.ts";
import type { CheckResult } from "../shared/operations/doctor/check-results.ts";
import type { FleetReading } from "../shared/operations/fleet/fleet-index.ts";
import type { FleetView } from "../shared/operations/fleet/fleet-view.ts";
import type { SecretHistory } from "../shared/operations/fleet/history.ts";
import type { Propagation } from "../shared/operations/fleet/propagation.ts";
import type { SecretDetails } from "../shared/operations/fleet/secret-details.ts";
import type { SecretStatus } from "../shared/operations/fleet/secret-status.ts";
import type { RotationPlan } from "../shared/operations/plan/plan-rotation.ts";
import type { RollbackPlan } from "../shared/operations/by-hand/roll-back-secret.ts";

/** What is left of a shape once JSON has carried it: a time is a text. */
export type Json<Shape> = Shape extends Date
  ? string
  : Shape extends object
    ? { readonly [Field in keyof Shape]: Json<Shape[Field]> }
    : Shape;

/** What a request that cannot be answered is answered with. */
export interface Problem {
  /** A code of rekey's, or one of the console's own: no session, a request from elsewhere, a fault. */
  readonly code: ErrorCode | "session-required" | "request-refused" | "not-found";
  readonly message: string;
  readonly hint: string;
}

export interface SessionAnswer {
  /** Sent with each request that changes something, next to the cookie. */
  readonly key: string;
}

/** Where this console looks. */
export interface PlaceAnswer {
  readonly region: string;
  /** Of a local stack. */
  readonly endpoint?: string;
  readonly clusters: readonly string[];
  /** Whether there is a table of adoptions to look into. */
  readonly hasAdoptions: boolean;
  readonly version: string;
}

export type FleetAnswer = Json<FleetView> & { readonly reading: Json<FleetReading>; readonly revision: number };

/** By ARN. */
export type StatusesAnswer = Readonly<Record<string, Json<SecretStatus>>>;

/** One secret, as its page shows it and as its stream sends it after each change. */
export type SecretAnswer = Json<{
  readonly details: SecretDetails;
  readonly history: SecretHistory;
  readonly propagation: Propagation | undefined;
}>;

export type RotationPlanAnswer = Json<RotationPlan>;
export type RollbackPlanAnswer = Json<RollbackPlan>;
export type ChecksAnswer = Json<readonly CheckResult[]>;

/** What a campaign would do. Started by its name; nothing of it may be changed in between. */
export interface CampaignPlanAnswer {
  readonly campaign: string;
  readonly secrets: number;
  /** The first of them. */
  readonly names: readonly string[];
  /** As the ARNs say: `123456789012, eu-west-1`. */
  readonly accounts: readonly string[];
  readonly waves: readonly number[];
  readonly startsPerSecond: number;
  readonly stopAfter: number;
}

export interface CampaignAnswer extends CampaignPlanAnswer {
  readonly reason?: string;
  readonly startedAt: string;
  readonly isOver: boolean;
  readonly rotated: number;
  readonly failed: number;
}

export type CampaignEventMessage = Json<CampaignEvent>;

/** Which secrets a campaign is to rotate. */
export type CampaignChoice =
  | { readonly secrets: readonly string[] }
  /** As the fleet's query has them; `health` by commas. */
  | { readonly search?: string; readonly tag?: string; readonly health?: string };

/** What the capacity plan is asked for, besides whether new versions are pushed. */
export const workloadNumbers = [
  "users",
  "services",
  "instances",
  "secrets",
  "readsPerSecond",
  "ttlSeconds",
  "regions",
  "shards",
  "rotationDays",
] as const;

/** The plan that was asked for, next to the four sizes of the growth table. */
export interface CapacityAnswer {
  readonly workload: Json<CapacityPlan["workload"]>;
  readonly columns: readonly string[];
  readonly sections: readonly {
    readonly title: string;
    readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
  }[];
  readonly advice: Json<CapacityPlan["advice"]>;
}
