import type { ErrorCode } from "../../errors/codes.ts";
import type { SecretHistory } from "./history.ts";
import type { StepRecord } from "../../ports/records.ts";
import type { SecretDetails } from "./secret-details.ts";
import { defined } from "../../secrets/defined.ts";

export interface PropagationMark {
  readonly kind: "step" | "promoted" | "mirrored" | "adopted";
  /** The step's name, "AWSCURRENT", the cluster, or the subscriber. */
  readonly name: string;
  readonly startedAt: Date;
  /** Equal to `startedAt` for what has no duration. */
  readonly endedAt: Date;
  /** Of a step. */
  readonly outcome?: StepRecord["outcome"];
  /** Of a step that failed. */
  readonly code?: ErrorCode;
}

/** What does not have the version yet, as far as can be seen. */
export interface PropagationWait {
  readonly kind: "mirrored" | "adopted";
  /** The cluster, or the subscriber. */
  readonly name: string;
}

export interface Propagation {
  readonly versionId: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** In the order of `startedAt`. Each time is its own source's clock: the functions', Vault's. */
  readonly marks: readonly PropagationMark[];
  /** Clusters that are to have it, and subscribers that the tag `rekey:subscribers` names; no subscriber without a table of them. */
  readonly waitingFor: readonly PropagationWait[];
}

const moment = (kind: PropagationMark["kind"], name: string, at: Date | undefined): readonly PropagationMark[] =>
  at === undefined ? [] : [{ kind, name, startedAt: at, endedAt: at }];

const stepMark = ({ step, at, durationMs = 0, outcome, code }: StepRecord): PropagationMark => ({
  kind: "step",
  name: step,
  startedAt: new Date(at.getTime() - durationMs),
  endedAt: at,
  outcome,
  ...defined({ code }),
});

/**
 * How the newest version that is AWSCURRENT, or AWSPENDING and under way, went from its first step to the last subscriber.
 * A version that was put by hand has no steps; retirePrevious, which may come days later, is none of them. `undefined` where no
 * time of it is known.
 */
export function propagation(
  { rotations }: Pick<SecretHistory, "rotations">,
  {
    versions,
    mirrors,
    subscribers,
    adoption,
  }: Pick<SecretDetails, "versions" | "mirrors" | "subscribers" | "adoption">,
): Propagation | undefined {
  const versionId = versions.find(
    ({ labels }) => labels.includes("AWSCURRENT") || labels.includes("AWSPENDING"),
  )?.versionId;
  if (versionId === undefined) return undefined;
  const run = rotations.find((one) => one.versionId === versionId);
  const steps = run?.steps.filter(({ step }) => step !== "retirePrevious") ?? [];
  const promotion = steps.find(({ step, outcome }) => step === "finishSecret" && outcome === "done");
  const holds = (one: { readonly versionId?: string }): boolean => one.versionId === versionId;
  const marks = [
    ...steps.map(stepMark),
    ...moment("promoted", "AWSCURRENT", promotion?.at),
    ...mirrors.filter(holds).flatMap(({ cluster, at }) => moment("mirrored", cluster, at)),
    ...subscribers.filter(holds).flatMap(({ name, adoptedAt }) => moment("adopted", name, adoptedAt)),
  ].sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
  const [first] = marks;
  if (first === undefined) return undefined;
  const endsMs = marks.map(({ endedAt }) => endedAt.getTime());
  const clusters = mirrors.filter((one) => !holds(one) && one.state !== "off" && one.state !== "left");
  const services = adoption === undefined ? [] : subscribers.filter((one) => one.expected && !holds(one));
  return {
    versionId,
    startedAt: first.startedAt,
    endedAt: new Date(Math.max(...endsMs)),
    marks,
    waitingFor: [
      ...clusters.map(({ cluster }) => ({ kind: "mirrored", name: cluster }) as const),
      ...services.map(({ name }) => ({ kind: "adopted", name }) as const),
    ],
  };
}
