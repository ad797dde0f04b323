import type { FactName, Facts } from "./facts/facts.ts";
import type { FanOutPlan } from "./plan-push.ts";
import type { Workload } from "./workload.ts";

/** How many rotations a second one limit allows in one account. */
export interface RotationLimit {
  readonly fact: FactName;
  readonly perSecond: number;
}

export interface RotationsPlan {
  readonly perMonth: number;
  /** The narrowest first. */
  readonly limits: readonly RotationLimit[];
  /** Of one account: rotations run in the primary region only. */
  readonly perSecondPerShard: number;
  /** After a breach, all accounts at once, as fast as the quotas let them. */
  readonly everythingSeconds: number;
}

const secondsPerDay = 86_400;

export function planRotations(workload: Workload, shards: number, fanOut: FanOutPlan, facts: Facts): RotationsPlan {
  const { secrets, rotationDays, push } = workload;
  const runs = facts.stepsPerRotation.value + facts.functionsAfterRotation.value;
  const needs: readonly (readonly [FactName, number, available?: number])[] = [
    ["secretWrites", facts.writesPerRotation.value],
    ["rotateSecret", 1],
    ["lambdaConcurrency", runs * facts.stepDuration.value],
    ["putEvents", facts.ownEventsPerRotation.value],
    ["ruleInvocations", facts.targetsPerRotation.value],
    ["topicPublishes", 1],
    ["vaultWrites", 1],
    ...(push ? [["getSecretValue", fanOut.ownSecret.holders, fanOut.ownSecret.freePerSecond] as const] : []),
  ];
  const limits = needs
    .map(([fact, need, available = facts[fact].value]) => ({ fact, perSecond: available / need }))
    .sort((one, other) => one.perSecond - other.perSecond);
  const perSecondPerShard = limits[0]?.perSecond ?? 0;
  return {
    perMonth: (secrets / (rotationDays * secondsPerDay)) * facts.secondsPerMonth.value,
    limits,
    perSecondPerShard,
    everythingSeconds: secrets / shards / perSecondPerShard,
  };
}
