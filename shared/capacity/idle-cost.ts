import type { Facts } from "./facts/facts.ts";
import type { IdleFactName } from "./facts/idle-facts.ts";
import type { FactTable } from "./facts/fact.ts";
import type { CostLine } from "./plan-cost.ts";

/** What a deployed stack has that is charged for by the month. */
export interface IdleStack {
  /** Queues that a function is fed from. */
  readonly polledQueues: number;
  readonly alarmMetrics: number;
  /** Of rekey's own, written hourly. */
  readonly metrics: number;
  readonly dashboards: number;
  readonly customerKeys: number;
  /** Interface endpoints, each counted once in each zone. */
  readonly endpointZones: number;
}

const secondsPerHour = 3_600;

export function idleCost(stack: IdleStack, facts: Facts & FactTable<IdleFactName>): readonly CostLine[] {
  const month = facts.secondsPerMonth.value;
  const polls = facts.queuePollers.value * (month / facts.longPoll.value);
  return [
    {
      what: "SQS: Lambda asks empty queues",
      usdPerMonth: stack.polledQueues * polls * facts.queueRequest.value,
    },
    { what: "CloudWatch: alarms", usdPerMonth: stack.alarmMetrics * facts.alarmMonth.value },
    { what: "CloudWatch: metrics of the hourly look", usdPerMonth: stack.metrics * facts.metricMonth.value },
    { what: "CloudWatch: the dashboard", usdPerMonth: stack.dashboards * facts.dashboardMonth.value },
    { what: "KMS: customer managed keys", usdPerMonth: stack.customerKeys * facts.kmsKeyMonth.value },
    {
      what: "VPC: interface endpoints",
      usdPerMonth: stack.endpointZones * (month / secondsPerHour) * facts.endpointHour.value,
    },
  ];
}
