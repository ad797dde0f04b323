import type { Fact, FactTable } from "./fact.ts";

export type RateName =
  | "targetUtilisation"
  | "quietShare"
  | "defaultSpread"
  | "maxStale"
  | "secretsPerProcess"
  | "writesPerRotation"
  | "callsPerRotation"
  | "decryptsPerRotation"
  | "stepsPerRotation"
  | "stepDuration"
  | "functionMemory"
  | "functionsAfterRotation"
  | "ownEventsPerRotation"
  | "awsEventsPerRotation"
  | "targetsPerRotation"
  | "queueRequestsPerMessage"
  | "longPoll"
  | "reconcileInterval"
  | "reconcileCalls"
  | "labelledVersions"
  | "mostVersions"
  | "vaultVersions"
  | "vaultReads"
  | "vaultWrites"
  | "vaultNodesPerCluster"
  | "secondsPerMonth";

const ours = (what: string, value: number, unit: string, source: string): Fact => ({
  value,
  unit,
  what,
  source,
  date: "2026-11-23",
  trust: "documented",
});
const measured = (what: string, value: number, unit: string, source: string): Fact => ({
  ...ours(what, value, unit, source),
  trust: "measured",
});
const assumed = (what: string, value: number, unit: string): Fact => ({
  ...ours(what, value, unit, "chosen for the plan"),
  trust: "assumed",
});

const vaultBench = "Vault 1.13.1, one Raft node, 2 shared cores, 16 callers, file audit, no TLS: an order of magnitude";
const template = "template.yaml";

/** How rekey behaves, how fast Vault was, and what the plan takes for granted. */
export const rates: FactTable<RateName> = {
  targetUtilisation: assumed("of each quota that the plan uses up to", 0.8, "share"),
  quietShare: ours(
    "of its TTL after which a value is asked for, on average",
    0.8,
    "share",
    "shared/client, 70 to 90 %",
  ),
  defaultSpread: ours("over which an event's refresh is spread, `spreadMs`", 1, "s", "shared/client"),
  maxStale: ours("after its TTL that a value is served while the source fails", 3_600, "s", "shared/client"),
  secretsPerProcess: ours("kept by one process, `maxSecrets`", 1_000, "secrets", "shared/client"),
  writesPerRotation: measured(
    "PutSecretValue and UpdateSecretVersionStage",
    2,
    "calls",
    "the engine contract, healthy",
  ),
  callsPerRotation: measured(
    "to Secrets Manager: 9 of the rotation, 1 of the mirror, 1 of announce-change",
    11,
    "calls",
    "the engine contract, healthy; the functions",
  ),
  decryptsPerRotation: measured(
    "KMS operations: 6 reads, 1 write, 1 read of the mirror",
    8,
    "calls",
    "docs/how-it-works.md",
  ),
  stepsPerRotation: ours("invocations of a rotation function", 4, "runs", "AWS Secrets Manager User Guide"),
  stepDuration: assumed("that one invocation takes in an account, network and logins included", 0.5, "s"),
  functionMemory: ours("of each function", 0.5, "GB", template),
  functionsAfterRotation: ours("mirror, announce-change, retire-previous", 3, "runs", template),
  ownEventsPerRotation: ours("Secret Rotated, Secret Mirrored", 2, "events", "docs/reference/events.md"),
  awsEventsPerRotation: ours("Secret Label Updated of AWSCURRENT", 1, "events", "Amazon EventBridge events reference"),
  targetsPerRotation: ours("the queues of mirror, retire and announce, the topic", 4, "targets", template),
  queueRequestsPerMessage: assumed("send, receive, delete, each of one message", 3, "requests"),
  longPoll: ours("between two receives of an instance whose queue is empty", 20, "s", "shared/client, SQS's longest"),
  reconcileInterval: ours("between two looks at every secret", 3_600, "s", template),
  reconcileCalls: ours(
    "DescribeSecret, GetSecretValue for each secret",
    2,
    "calls",
    "shared/operations/reconciling/reconcile.ts",
  ),
  labelledVersions: ours("AWSCURRENT, AWSPREVIOUS", 2, "versions", "AWS Secrets Manager User Guide"),
  mostVersions: ours(
    "kept of a secret before those without a label go",
    100,
    "versions",
    "AWS Secrets Manager User Guide",
  ),
  vaultVersions: ours("kept by Vault unless told", 10, "versions", "Vault KV v2 documentation"),
  vaultReads: measured(
    "Vault reads, KV v2, of one cluster: standbys answer none in the community edition",
    3_484,
    "/s",
    vaultBench,
  ),
  vaultWrites: measured("Vault writes, KV v2, of one cluster", 478, "/s", vaultBench),
  vaultNodesPerCluster: ours("of Raft that outlive the loss of one", 3, "nodes", "Vault's Raft storage"),
  secondsPerMonth: ours("730 hours, as AWS bills", 730 * 3_600, "s", "AWS pricing calculator"),
};
