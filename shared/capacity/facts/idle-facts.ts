import type { FactTable } from "./fact.ts";

export type IdleFactName = "alarmMonth" | "metricMonth" | "dashboardMonth" | "endpointHour" | "queuePollers";

const cloudWatch = {
  source: "third-party summary of CloudWatch pricing",
  date: "2026-06-13",
  trust: "third party",
} as const;

/** What a stack is charged for though nothing is rotated; us-east-1, in US dollars, free tiers not taken off. */
export const idleFacts: FactTable<IdleFactName> = {
  alarmMonth: {
    value: 0.1,
    unit: "USD per metric and month",
    what: "CloudWatch, an alarm, for each metric that it looks at",
    ...cloudWatch,
  },
  metricMonth: {
    value: 0.3,
    unit: "USD per metric and month",
    what: "CloudWatch, a metric of rekey's own",
    ...cloudWatch,
  },
  dashboardMonth: {
    value: 3,
    unit: "USD per dashboard and month",
    what: "CloudWatch, a dashboard",
    ...cloudWatch,
  },
  endpointHour: {
    value: 0.01,
    unit: "USD per zone and hour",
    what: "VPC, an interface endpoint",
    source: "third-party summary of AWS PrivateLink pricing",
    date: "2026-01-29",
    trust: "third party",
  },
  queuePollers: {
    value: 5,
    unit: "requests under way",
    what: "Lambda's long polls of a queue that is empty",
    source: "third-party descriptions of Lambda's pollers",
    date: "2026-11-23",
    trust: "third party",
  },
};
