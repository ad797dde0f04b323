import { randomUUID } from "node:crypto";
import { memberAt } from "../../../answers/member-at.ts";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { readRefusal } from "../../../vault/read-refusal.ts";
import { isPolicyDenial } from "../../../vault/vault-answer.ts";
import type { VaultRequest } from "../../../vault/vault-client.ts";
import type { Clock } from "../../clock.ts";
import type { SecretNotice } from "../../invalidation/invalidation-source.ts";
import { frozenMs } from "../../cache/bounded-request.ts";
import { cannotExtend, type Lease, leaseIn, type LeaseTiming, renew } from "./lease.ts";
import type { TrackedSession } from "./tracked-session.ts";

export interface KeeperOptions extends LeaseTiming {
  readonly role: string;
  readonly mount: string;
  readonly connection: Readonly<Record<string, unknown>>;
  readonly session: TrackedSession;
  readonly clock: Clock;
  /** For one request, including the logins that it needs. */
  readonly sendTimeoutMs: number;
  notify(notice: SecretNotice): void;
  report(error: RekeyError): void;
}

/** The leases of one role in this process: one that is current, and those that it replaced. */
export interface LeaseKeeper {
  /** The lease in force, or a new one. Errors: `secret-not-found`, those of Vault. */
  current(): Promise<Lease>;
  /** A new one in place of the one in force, which the server has refused; `undefined`: that one is new itself. */
  another(): Promise<Lease | undefined>;
  /** One that is still running, or the one that was announced. */
  byId(versionId: string): Promise<Lease | undefined>;
  previous(): Lease | undefined;
  /** Ends those that were replaced. */
  revokeReplaced(): Promise<void>;
  /** Ends all of them; what Vault does not revoke now runs out by itself. */
  close(): Promise<void>;
}

/** Requests so often keep the session's token alive, which ends its leases with it. */
const keepAliveMs = 30_000;
/** A server that refuses a user so young will refuse the next one, too. */
const youngMs = 5_000;
const firstBackOffMs = 250;
const longestBackOffMs = 15_000;

export function leaseKeeper(options: KeeperOptions): LeaseKeeper {
  const { role, mount, connection, session, clock, random } = options;
  const path = `${mount}/creds/${role}`;
  const ending = new AbortController();
  const replaced = new Set<Lease>();
  let held: Lease | undefined;
  let taking: Promise<Lease> | undefined;
  /** Known before there is the lease, so that a lease's end can name what comes after it. */
  let nextId = randomUUID();

  const isOver = (lease: Lease): boolean => clock.nowMs() >= lease.endsAtMs;
  // With a limit of its own: whoever asks may give up, and Vault creates the user anyway.
  const send: (request: VaultRequest) => ReturnType<TrackedSession["send"]> = async (request) =>
    session.send(request, { signal: AbortSignal.timeout(options.sendTimeoutMs) });
  const sendLease = async (operation: "renew" | "revoke", { leaseId }: Lease, more: object = {}) =>
    send({ verb: "write", path: `sys/leases/${operation}`, body: { lease_id: leaseId, ...more } });

  function announce(versionId: string, before: Lease, stillWorks: boolean): void {
    options.notify({
      secretArn: role,
      versionId,
      previousVersionId: before.versionId,
      atMs: Date.now(),
      replacedStillWorks: stillWorks,
    });
  }

  async function takeOne(isDead: boolean): Promise<Lease> {
    const askedAtMs = clock.nowMs();
    const answer = await send({ verb: "read", path });
    const from = { path, role, versionId: nextId, askedAtMs, token: session.tokenOf(answer), connection };
    const lease = leaseIn(answer, from, options);
    const before = held;
    held = lease;
    nextId = randomUUID();
    for (const old of replaced) if (isOver(old)) replaced.delete(old);
    if (before !== undefined) {
      replaced.add(before);
      announce(lease.versionId, before, !isDead && !isOver(before));
    }
    if (!ending.signal.aborted) watch(lease).catch(() => undefined);
    return lease;
  }

  async function take(isDead = false): Promise<Lease> {
    if (ending.signal.aborted) throw new RekeyError("pool-closed", { context: { secret: role } });
    taking ??= takeOne(isDead).finally(() => (taking = undefined));
    return taking;
  }

  /** Renews it, or takes another where that is not to be had. Errors: those of Vault. */
  async function care(lease: Lease): Promise<void> {
    if (!lease.extends || !session.isInUse(lease.token)) return void (await take());
    const askedAtMs = clock.nowMs();
    const answer = await sendLease("renew", lease, { increment: lease.fullMs / 1_000 });
    if (answer.status === 200) return renew(lease, memberAt(answer.body, "lease_duration"), askedAtMs, options);
    if (isPolicyDenial(answer)) return cannotExtend(lease, options);
    const error = readRefusal(answer, "renew", path);
    if (error.disposition === "retry") throw error;
    await take(true);
  }

  /** Over without another: what was read of it is not to be served, and the next read asks Vault. */
  function lapse(lease: Lease): void {
    held = undefined;
    announce(nextId, lease, false);
  }

  async function watch(lease: Lease): Promise<void> {
    let failures = 0;
    while (held === lease) {
      const nowMs = clock.nowMs();
      if (isOver(lease)) return lapse(lease);
      const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** failures) * (0.5 + random() / 2);
      const waitMs = failures > 0 ? backOffMs : Math.max(0, lease.dueAtMs - nowMs);
      await clock.sleep(Math.min(waitMs, keepAliveMs, lease.endsAtMs - nowMs), ending.signal);
      if (held !== lease || isOver(lease)) continue;
      const stillAtMs = clock.nowMs() + options.sendTimeoutMs + frozenMs;
      try {
        if (clock.nowMs() < lease.dueAtMs) await send({ verb: "read", path: "auth/token/lookup-self" });
        if (clock.nowMs() >= lease.dueAtMs || !session.isInUse(lease.token)) await care(lease);
        failures = 0;
      } catch (error) {
        // The process stood still: nothing says that Vault is away, so it is asked again at once.
        if (clock.nowMs() >= stillAtMs) continue;
        failures++;
        if (error instanceof RekeyError) options.report(error);
      }
    }
  }

  async function revoke(leases: readonly Lease[]): Promise<void> {
    await Promise.allSettled(leases.map(async (lease) => sendLease("revoke", lease)));
  }

  return {
    current: async () => (held !== undefined && !isOver(held) ? held : take()),
    async another() {
      if (held === undefined || isOver(held)) return take();
      return clock.nowMs() - held.takenAtMs < youngMs ? undefined : take(true);
    },
    async byId(versionId) {
      if (versionId === nextId) return take();
      const known = [held, ...replaced].find((lease) => lease?.versionId === versionId);
      return known !== undefined && !isOver(known) ? known : undefined;
    },
    previous: () => [...replaced].findLast((lease) => !isOver(lease)),
    async revokeReplaced() {
      const leases = [...replaced];
      replaced.clear();
      await revoke(leases);
    },
    async close() {
      ending.abort();
      await taking?.catch(() => undefined);
      const leases = [...replaced, ...(held === undefined ? [] : [held])];
      replaced.clear();
      held = undefined;
      await revoke(leases);
    },
  };
}
