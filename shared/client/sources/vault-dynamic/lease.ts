import { memberAt } from "../../../answers/member-at.ts";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { leaseSeconds } from "../../../vault/lease-seconds.ts";
import { readRefusal } from "../../../vault/read-refusal.ts";
import type { VaultAnswer } from "../../../vault/vault-client.ts";
import type { SourceAnswer } from "../secret-source.ts";

/** A user that Vault made in the database, for as long as the lease on it runs. */
export interface Lease extends SourceAnswer {
  readonly leaseId: string;
  /** As long as it was granted for at first. */
  readonly fullMs: number;
  /** Of this process' clock. */
  readonly takenAtMs: number;
  readonly token: SecretValue | undefined;
  endsAtMs: number;
  /** Whether a renewal may still bring the full time. */
  extends: boolean;
  /** When to renew it, or to replace it where it cannot be renewed. */
  dueAtMs: number;
}

export interface LeaseTiming {
  /** How long a replaced lease runs on. */
  readonly overlapMs: number;
  readonly random: () => number;
}

/** Renewals of many processes that began together do not come together. */
const renewAt = (random: () => number): number => 0.5 + random() / 10;

function setDue(lease: Lease, askedAtMs: number, { overlapMs, random }: LeaseTiming): void {
  const overlap = Math.min(overlapMs, lease.fullMs / 3) * (1 + random() / 4);
  lease.dueAtMs = lease.extends
    ? askedAtMs + (lease.endsAtMs - askedAtMs) * renewAt(random)
    : Math.max(askedAtMs, lease.endsAtMs - overlap);
}

const millisecondsOf = (seconds: unknown): number => (leaseSeconds(seconds) ?? 0) * 1_000;

/** The lease of an answer to `<mount>/creds/<role>`. Errors: `secret-not-found`, those of `readRefusal`. */
export function leaseIn(
  answer: VaultAnswer,
  from: {
    readonly path: string;
    readonly role: string;
    readonly versionId: string;
    readonly askedAtMs: number;
    readonly token: SecretValue | undefined;
    readonly connection: Readonly<Record<string, unknown>>;
  },
  timing: LeaseTiming,
): Lease {
  const { path, role, versionId, askedAtMs, token, connection } = from;
  const refusal = readRefusal(answer, "read", path);
  if ((answer.status === 400 || answer.status === 404) && refusal.code === "mirror-rejected") {
    throw new RekeyError("secret-not-found", {
      context: { secret: role, path, status: answer.status },
      hint: "check the role's name, and where the database engine is mounted",
    });
  }
  const username = memberAt(answer.body, "data", "username");
  const password = memberAt(answer.body, "data", "password");
  const leaseId = memberAt(answer.body, "lease_id");
  const fullMs = millisecondsOf(memberAt(answer.body, "lease_duration"));
  if (answer.status !== 200 || typeof username !== "string" || typeof leaseId !== "string" || fullMs === 0) {
    throw refusal;
  }
  const lease: Lease = {
    versionId,
    value: new SecretValue(JSON.stringify({ ...connection, username, password })),
    createdAt: new Date(),
    leaseId,
    fullMs,
    takenAtMs: askedAtMs,
    token,
    endsAtMs: askedAtMs + fullMs,
    extends: memberAt(answer.body, "renewable") === true,
    dueAtMs: 0,
  };
  setDue(lease, askedAtMs, timing);
  return lease;
}

/** A renewal that brings less than this of the full time has met the role's max TTL. */
const fullShare = 0.9;

/** Takes what a renewal granted, from when it was asked for. */
export function renew(lease: Lease, seconds: unknown, askedAtMs: number, timing: LeaseTiming): void {
  const grantedMs = millisecondsOf(seconds);
  lease.endsAtMs = askedAtMs + grantedMs;
  lease.extends = grantedMs >= lease.fullMs * fullShare;
  setDue(lease, askedAtMs, timing);
}

/** No renewal is to be had: it is replaced before it ends. */
export function cannotExtend(lease: Lease, timing: LeaseTiming): void {
  lease.extends = false;
  setDue(lease, lease.takenAtMs, timing);
}
