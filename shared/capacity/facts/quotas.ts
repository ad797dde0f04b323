import type { Fact, FactTable } from "./fact.ts";

export type QuotaName =
  | "getSecretValue"
  | "secretWrites"
  | "rotateSecret"
  | "secretsPerRegion"
  | "kmsDecrypt"
  | "putEvents"
  | "ruleInvocations"
  | "topicSubscriptions"
  | "topicPublishes"
  | "lambdaConcurrency";

const documented = { trust: "documented" } as const satisfies Partial<Fact>;

/** What AWS allows an account in one region, us-east-1 where regions differ. */
export const quotas: FactTable<QuotaName> = {
  getSecretValue: {
    value: 10_000,
    unit: "/s",
    what: "GetSecretValue",
    note: "one for each read",
    source: "AWS What's New, Secrets Manager request rates",
    date: "2025-03-04",
    ...documented,
  },
  secretWrites: {
    value: 50,
    unit: "/s",
    what: "Secrets Manager writes",
    note: "PutSecretValue, UpdateSecret, UpdateSecretVersionStage and replication together",
    source: "AWS Secrets Manager User Guide, quotas",
    date: "2026-11-23",
    ...documented,
  },
  rotateSecret: {
    value: 50,
    unit: "/s",
    what: "RotateSecret",
    note: "with CancelRotateSecret",
    source: "AWS Secrets Manager User Guide, quotas",
    date: "2026-11-23",
    ...documented,
  },
  secretsPerRegion: {
    value: 500_000,
    unit: "secrets",
    what: "secrets per region",
    note: "replicas among them",
    source: "AWS Secrets Manager User Guide, quotas",
    date: "2023-06-01",
    ...documented,
  },
  kmsDecrypt: {
    value: 10_000,
    unit: "/s",
    what: "KMS Decrypt",
    note: "one for each GetSecretValue, other symmetric operations with it; 20,000/s and more in some regions",
    adjustable: true,
    source: "AWS KMS Developer Guide, requests per second",
    date: "2026-11-23",
    ...documented,
  },
  putEvents: {
    value: 10_000,
    unit: "/s",
    what: "EventBridge PutEvents",
    note: "us-east-2 2,400/s",
    adjustable: true,
    source: "Amazon EventBridge User Guide, quotas",
    date: "2026-11-23",
    ...documented,
  },
  ruleInvocations: {
    value: 18_750,
    unit: "/s",
    what: "EventBridge deliveries",
    note: "smaller regions from 750/s; what is over it is late, not lost",
    adjustable: true,
    source: "Amazon EventBridge User Guide, quotas",
    date: "2026-11-23",
    ...documented,
  },
  topicSubscriptions: {
    value: 12_500_000,
    unit: "queues",
    what: "SNS subscriptions",
    note: "of a standard topic",
    adjustable: true,
    source: "AWS SNS features page, as quoted by others",
    date: "2026-06-01",
    trust: "third party",
  },
  topicPublishes: {
    value: 30_000,
    unit: "/s",
    what: "SNS publishes",
    note: "to standard topics",
    adjustable: true,
    source: "read nowhere",
    date: "2026-11-23",
    trust: "assumed",
  },
  lambdaConcurrency: {
    value: 1_000,
    unit: "runs",
    what: "Lambda runs at once",
    note: "all functions of the account together",
    adjustable: true,
    source: "aws/agent-toolkit-for-aws, references/lambda.md",
    date: "2026-08-01",
    ...documented,
  },
};
