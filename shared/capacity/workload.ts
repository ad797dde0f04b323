import { RekeyError } from "../errors/rekey-error.ts";
import { type GrowthRow, growthTable } from "./growth-table.ts";

/** What is planned for. A shard is an AWS account with its own bus, topic and Vault cluster; each service is in one. */
export interface Workload extends GrowthRow {
  readonly ttlSeconds: number;
  readonly rotationDays: number;
  readonly secretBytes: number;
  /** Whether KMS is paid for: aws/secretsmanager is free. */
  readonly customerKey: boolean;
  /** `undefined`: as few as carry it. */
  readonly shards: number | undefined;
}

export type WorkloadInput = Partial<Workload>;

const defaults = { ttlSeconds: 300, rotationDays: 30, secretBytes: 1_000, customerKey: false, shards: undefined };
const interpolated = ["services", "instances", "secrets", "readsPerSecond"] as const;
const whole = ["users", "services", "instances", "secrets", "regions", "shards", "secretBytes"] as const;
const positive = ["readsPerSecond", "rotationDays"] as const;

/** On a straight line between the two rows around `users`, both axes logarithmic; beyond the ends along the last line. */
function between(users: number, field: (typeof interpolated)[number]): number {
  const next = growthTable.findIndex((row) => row.users >= users);
  const above = next === -1 ? growthTable.length - 1 : Math.max(1, next);
  const [low, high] = [growthTable[above - 1], growthTable[above]];
  if (low === undefined || high === undefined) throw new RangeError("the growth table has one row");
  const along = Math.log(users / low.users) / Math.log(high.users / low.users);
  return Math.max(1, Math.round(low[field] * (high[field] / low[field]) ** along));
}

function check(workload: Workload): void {
  const wrong =
    whole.find((name) => workload[name] !== undefined && !(Number.isInteger(workload[name]) && workload[name] >= 1)) ??
    positive.find((name) => !(workload[name] > 0 && Number.isFinite(workload[name]))) ??
    (workload.ttlSeconds >= 0 && Number.isFinite(workload.ttlSeconds) ? undefined : "ttlSeconds");
  if (wrong !== undefined) {
    throw new RekeyError("option-invalid", { context: { option: wrong, value: workload[wrong] } });
  }
}

/**
 * The workload with what was not given read off the growth table at its number of users, 10,000 by default.
 * Errors: `option-invalid`.
 */
export function workloadFrom(input: WorkloadInput): Workload {
  const users = input.users ?? growthTable[1].users;
  if (!(Number.isInteger(users) && users >= 1)) {
    throw new RekeyError("option-invalid", { context: { option: "users", value: users } });
  }
  const row = growthTable.findLast((candidate) => candidate.users <= users) ?? growthTable[0];
  const [services, instances, secrets, readsPerSecond] = interpolated.map((field) => between(users, field));
  const set = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const workload = { ...defaults, ...row, services, instances, secrets, readsPerSecond, ...set, users } as Workload;
  check(workload);
  return workload;
}
