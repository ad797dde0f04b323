import type { Disposition } from "../errors/code-entry.ts";
import type { RotationStep } from "../ports/rotation.ts";
import type { StrategyName } from "../rotation/rotation-policy.ts";

/**
 * `current-refused`: a server refused a login with AWSCURRENT while no rotation was under way. `replica-behind`: a replica has
 * not had the current value for an hour. `replica-failed`: Secrets Manager gave up replicating it.
 * `mirror-altered`: the mirror names this version, but somebody changed what it holds. `mirror-foreign`: its place is another
 * secret's, or somebody else's. `mirror-newer`: AWSCURRENT was moved
 * back to an older version. `mirror-left`: the mirror still shows a secret that is deleted or not to be mirrored. `mirror-stray`: a
 * copy lies in a cluster that the secret does not belong to. `pending-stuck`: AWSPENDING waits on another version than the current one.
 */
export type Finding =
  | "current-missing"
  | "current-refused"
  | "mirror-altered"
  | "mirror-foreign"
  | "mirror-left"
  | "mirror-missing"
  | "mirror-newer"
  | "mirror-older"
  | "mirror-stray"
  | "pending-stuck"
  | "replica-behind"
  | "replica-failed"
  | "rotation-overdue";

/** Ids only. An event never holds a value. */
export type RotationEvent = { readonly secretArn: string; readonly secretName: string } & (
  | {
      readonly type: "Secret Rotated";
      readonly versionId: string;
      readonly previousVersionId?: string;
      readonly origin: "rotation" | "external";
      readonly engine: string;
      readonly strategy: StrategyName | "none";
    }
  | {
      readonly type: "Secret Retired";
      /** The version that is current, and the one whose credential has stopped. */
      readonly versionId: string;
      readonly retiredVersionId: string;
    }
  | {
      readonly type: "Secret Rotation Failed";
      readonly versionId: string;
      readonly step: RotationStep;
      readonly code: string;
      readonly disposition: Exclude<Disposition, "retry">;
    }
  | {
      /** Secrets Manager's own record of a rotation that ended without success, whoever's function it invoked. */
      readonly type: "Secret Rotation Stopped";
      readonly outcome: "failed" | "abandoned";
      readonly step?: RotationStep;
      /** The version that still waits under AWSPENDING: the rotation is tried again, or a human must look. */
      readonly pendingVersionId?: string;
    }
  | {
      /** The mirror holds the version. */
      readonly type: "Secret Mirrored";
      readonly versionId: string;
      /** The mirror's own number of what holds this version, or a newer one. */
      readonly revision: number;
      /** Whether it was written now. */
      readonly written: boolean;
      /** Which of several mirrors it is. */
      readonly cluster?: string;
    }
  | {
      /** What a look at everything found. */
      readonly type: "Secret Finding";
      readonly finding: Finding;
      /** The version that the finding is about. */
      readonly versionId?: string;
      /** Whether the repair was started. */
      readonly repaired: boolean;
    }
  | {
      readonly type: "Secret Deleted";
      /** Whether its recovery window is open. */
      readonly recoverable: boolean;
    }
  | {
      /** Tags of rekey's were set or removed; their names. */
      readonly type: "Secret Retagged";
      readonly tags: readonly string[];
    }
  | {
      /** How far the replicas are for a version that became current. */
      readonly type: "Secret Replicated";
      readonly versionId: string;
      readonly regionsInSync: readonly string[];
      readonly regionsBehind: readonly string[];
      readonly regionsFailed: readonly string[];
    }
  | {
      readonly type: "Secret Restored";
      readonly versionId?: string;
    }
);
