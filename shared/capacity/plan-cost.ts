import type { Facts } from "./facts/facts.ts";
import type { FanOutPlan } from "./plan-push.ts";
import type { ReadsPlan } from "./plan-reads.ts";
import type { RotationsPlan } from "./plan-rotations.ts";
import type { Workload } from "./workload.ts";

export interface CostLine {
  readonly what: string;
  readonly usdPerMonth: number;
}

export interface CostPlan {
  readonly lines: readonly CostLine[];
  readonly usdPerMonth: number;
  readonly usdPerUserPerMonth: number;
  /** What the reads would cost if no cache answered any. */
  readonly uncachedReadsUsdPerMonth: number;
  readonly notCounted: readonly string[];
}

const notCounted = [
  "free tiers and discounts",
  "Vault's machines",
  "CloudWatch",
  "data transfer between regions",
  "acknowledgements by instances",
  "the databases and services themselves",
];

export function planCost(
  workload: Workload,
  shards: number,
  { reads, fanOut, rotations }: { reads: ReadsPlan; fanOut: FanOutPlan; rotations: RotationsPlan },
  facts: Facts,
): CostPlan {
  const { secrets, instances, regions, push, customerKey, users } = workload;
  const month = facts.secondsPerMonth.value;
  const reading = reads.backendPerSecond * month;
  const rotating = rotations.perMonth;
  const looks = secrets * (month / facts.reconcileInterval.value);
  const looksCalls = looks * facts.reconcileCalls.value;
  const deliveries = rotating * fanOut.deliveriesPerRotation;
  const runs = rotating * (facts.stepsPerRotation.value + facts.functionsAfterRotation.value);
  const decrypts = reading + looks + rotating * facts.decryptsPerRotation.value;
  const price = facts.secretsManagerCall.value;
  const lines = [
    { what: "Secrets Manager: secrets and replicas", usdPerMonth: secrets * regions * facts.secretMonth.value },
    { what: "Secrets Manager: reads of services", usdPerMonth: reading * price },
    { what: "Secrets Manager: hourly reconciliation", usdPerMonth: looksCalls * price },
    { what: "Secrets Manager: rotations", usdPerMonth: rotating * facts.callsPerRotation.value * price },
    {
      what: "KMS: customer managed keys",
      usdPerMonth: customerKey ? shards * regions * facts.kmsKeyMonth.value + decrypts * facts.kmsRequest.value : 0,
    },
    { what: "EventBridge: events", usdPerMonth: rotating * facts.ownEventsPerRotation.value * facts.event.value },
    { what: "SNS: publishes", usdPerMonth: rotating * facts.topicPublish.value },
    {
      what: "SQS: instances that wait for events",
      usdPerMonth: push ? instances * (month / facts.longPoll.value) * facts.queueRequest.value : 0,
    },
    {
      what: "SQS: deliveries to instances",
      usdPerMonth: deliveries * facts.queueRequestsPerMessage.value * facts.queueRequest.value,
    },
    {
      what: "Lambda: rotations and what follows",
      usdPerMonth:
        runs * facts.lambdaRequest.value +
        runs * facts.stepDuration.value * facts.functionMemory.value * facts.lambdaGigabyteSecond.value,
    },
  ];
  const usdPerMonth = lines.reduce((sum, line) => sum + line.usdPerMonth, 0);
  return {
    lines: lines.filter((line) => line.usdPerMonth > 0),
    usdPerMonth,
    usdPerUserPerMonth: usdPerMonth / users,
    uncachedReadsUsdPerMonth: reads.uncachedPerSecond * month * price,
    notCounted,
  };
}
