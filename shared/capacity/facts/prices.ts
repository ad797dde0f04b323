import type { FactTable } from "./fact.ts";

export type PriceName =
  | "secretMonth"
  | "secretsManagerCall"
  | "kmsKeyMonth"
  | "kmsRequest"
  | "event"
  | "topicPublish"
  | "queueRequest"
  | "lambdaRequest"
  | "lambdaGigabyteSecond";

/** us-east-1, in US dollars, free tiers not taken off. */
export const prices: FactTable<PriceName> = {
  secretMonth: {
    value: 0.4,
    unit: "USD per secret and month",
    what: "Secrets Manager, a secret or a replica",
    source: "AWS Secrets Manager pricing",
    date: "2026-09-20",
    trust: "documented",
  },
  secretsManagerCall: {
    value: 0.05 / 10_000,
    unit: "USD per call",
    what: "Secrets Manager, 0.05 USD per 10,000 calls",
    source: "AWS Secrets Manager pricing",
    date: "2026-09-20",
    trust: "documented",
  },
  kmsKeyMonth: {
    value: 1,
    unit: "USD per key and month",
    what: "KMS, a customer managed key",
    source: "third-party summary of AWS KMS pricing",
    date: "2019-01-01",
    trust: "third party",
  },
  kmsRequest: {
    value: 0.03 / 10_000,
    unit: "USD per request",
    what: "KMS, 0.03 USD per 10,000 requests under a customer managed key",
    source: "third-party summary of AWS KMS pricing",
    date: "2019-01-01",
    trust: "third party",
  },
  event: {
    value: 1 / 1_000_000,
    unit: "USD per event",
    what: "EventBridge, an event of up to 64 KB on a custom bus; AWS's own events are free",
    source: "third-party summary of EventBridge pricing",
    date: "2026-06-01",
    trust: "third party",
  },
  topicPublish: {
    value: 0.5 / 1_000_000,
    unit: "USD per publish",
    what: "SNS, a publish; its deliveries to SQS taken as free, which was read nowhere",
    source: "third-party summary of SNS pricing",
    date: "2026-06-01",
    trust: "third party",
  },
  queueRequest: {
    value: 0.4 / 1_000_000,
    unit: "USD per request",
    what: "SQS, a request to a standard queue",
    source: "third-party summary of SQS pricing",
    date: "2026-06-01",
    trust: "third party",
  },
  lambdaRequest: {
    value: 0.2 / 1_000_000,
    unit: "USD per request",
    what: "Lambda, a request",
    source: "AWS Lambda pricing",
    date: "2026-09-20",
    trust: "documented",
  },
  lambdaGigabyteSecond: {
    value: 0.0000133334,
    unit: "USD per GB and second",
    what: "Lambda on arm64",
    source: "Artillery's table of Lambda prices",
    date: "2026-11-23",
    trust: "third party",
  },
};
