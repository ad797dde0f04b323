import type { ErrorCode } from "../../errors/codes.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { AuditRecord, StepRecord } from "../../ports/records.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import type { VersionFacts } from "../../ports/secret-administration.ts";
import { rotationReasonTag } from "../../tags/tag-names.ts";
import { defined } from "../../secrets/defined.ts";

export interface RotationRun {
  /** The version that it made, or was to make. */
  readonly versionId: string;
  readonly labels: readonly string[];
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** `tested`: the function was tried with a copy of AWSCURRENT. `unfinished`: finishSecret is not in the log, and no step failed. */
  readonly outcome: "succeeded" | "failed" | "tested" | "unfinished";
  /** In the order in which they ended; a step that was repeated is there each time. */
  readonly steps: readonly StepRecord[];
}

/** A source that could not be asked, and why. */
export interface Unseen {
  readonly source: "step-log" | "audit-trail";
  readonly code: ErrorCode;
}

export interface SecretHistory {
  readonly secretArn: string;
  /** The tag `rekey:rotation-reason`. */
  readonly reason?: string;
  /** Newest first. */
  readonly versions: readonly VersionFacts[];
  /** Newest first, as far as the function's log goes back. */
  readonly rotations: readonly RotationRun[];
  /** Newest first. */
  readonly records: readonly AuditRecord[];
  /** The records reach back to then. */
  readonly recordsSince?: Date;
  readonly unseen: readonly Unseen[];
}

/** The log is read from a minute before the oldest of these newest versions. */
const versionsLookedBack = 10;
const marginMs = 60_000;

function outcomeOf(steps: readonly StepRecord[], isLabelled: boolean): RotationRun["outcome"] {
  if (steps.some(({ step, outcome }) => step === "finishSecret" && outcome !== "failed")) return "succeeded";
  if (steps.at(-1)?.outcome === "failed") return "failed";
  // Secrets Manager drops the version of a test, and calls no other step.
  return !isLabelled && steps.every(({ step }) => step === "testSecret") ? "tested" : "unfinished";
}

function runsOf(steps: readonly StepRecord[], versions: readonly VersionFacts[]): readonly RotationRun[] {
  const byVersion = new Map<string, StepRecord[]>();
  for (const step of steps) byVersion.set(step.versionId, [...(byVersion.get(step.versionId) ?? []), step]);
  const runs = [...byVersion].map(([versionId, ofVersion]): RotationRun => {
    const first = ofVersion[0];
    const last = ofVersion.at(-1);
    const labels = versions.find((version) => version.versionId === versionId)?.labels;
    return {
      versionId,
      labels: labels ?? [],
      startedAt: new Date((first?.at.getTime() ?? 0) - (first?.durationMs ?? 0)),
      endedAt: last?.at ?? new Date(0),
      outcome: outcomeOf(ofVersion, labels !== undefined),
      steps: ofVersion,
    };
  });
  return runs.sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime());
}

/**
 * What is known of a secret's past: its versions (Secrets Manager), its rotations step by step (the log of its rotation
 * function) and who changed what (CloudTrail's event history, 90 days, minutes late). A source that may not be asked is
 * named in `unseen`, and is no error. Errors: those of the store.
 */
export async function secretHistory(
  ports: Pick<FleetPorts, "store" | "administration" | "log" | "trail">,
  secretId: string,
  call: CallOptions,
): Promise<SecretHistory> {
  const { secretArn, rotationFunctionArn, tags } = await ports.store.describe(secretId, call);
  const versions = await ports.administration.versions(secretArn, call);
  const unseen: Unseen[] = [];
  const seen = async <Answer>(source: Unseen["source"], ask: () => Promise<Answer> | undefined) => {
    try {
      return await ask();
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      unseen.push({ source, code: error.code });
      return undefined;
    }
  };
  const oldest = versions.slice(0, versionsLookedBack).at(-1)?.createdAt ?? new Date(0);
  const since = new Date(oldest.getTime() - marginMs);
  const [steps = [], trail] = await Promise.all([
    seen("step-log", () =>
      rotationFunctionArn === undefined ? undefined : ports.log?.steps(rotationFunctionArn, { secretArn, since }, call),
    ),
    seen("audit-trail", () => ports.trail?.changes(secretArn, call)),
  ]);
  const reason = tags.get(rotationReasonTag);
  return {
    secretArn,
    ...defined({ reason }),
    versions,
    rotations: runsOf(steps, versions),
    records: trail?.records ?? [],
    ...defined({ recordsSince: trail?.since }),
    unseen,
  };
}
