import { RekeyError } from "../../errors/rekey-error.ts";
import { checkedNotice, checkedSecretId } from "./checked-notice.ts";
import type { Listeners } from "../client-events.ts";
import type { Settings } from "../client-options.ts";
import { type Entry, invalidated, isCurrent, isPinned, setUnrest } from "../cache/cached-secret.ts";
import type { EntryTable } from "../cache/secret-table.ts";
import type { SubscriptionHealth } from "../health.ts";
import type { InvalidationSource, SecretNotice } from "./invalidation-source.ts";
import type { NoticeAllowance } from "./notice-allowance.ts";
import type { NoticeMemory } from "./notice-memory.ts";
import { dated, type DatedNotice, type RotationNotice } from "./rotation-notice.ts";
import { accountIn, bareName, isSameSecret, mayBeOneAccount } from "../secret-id.ts";
import type { Serving } from "../cache/read-policy.ts";
import { subscription, type Subscription } from "./subscription.ts";
import type { Counts } from "../telemetry.ts";
import { announce, isDoubted } from "../cache/version-floor.ts";

export interface Invalidation {
  /** The VersionId that is current now: within the lag budget nothing older is served that was confirmed before. */
  readonly atLeast: string;
  readonly previousVersionId?: string;
  /** When it became current, since 1970: of two invalidations the later one counts. Without it they must come in order. */
  readonly atMs?: number;
  /** The replaced version may be served at most this long. 0. */
  readonly withinMs?: number;
}

export interface Invalidating {
  invalidate(secretId: string, invalidation?: Invalidation): void;
  subscribe(source: InvalidationSource): () => Promise<void>;
  readonly subscriptions: readonly SubscriptionHealth[];
  stop(): Promise<void>;
}

/** How long a notice waits while the budget for requests is spent. */
const spentMs = 500;

/** How events reach the cache. */
export function invalidating(options: {
  readonly settings: Settings;
  readonly table: EntryTable;
  readonly notices: NoticeMemory;
  readonly allowance: NoticeAllowance;
  readonly serving: Serving;
  readonly listeners: Listeners;
  readonly counts: Counts;
  readonly closing: AbortSignal;
}): Invalidating {
  const { settings, table, notices, allowance, serving, listeners, counts, closing } = options;
  const { clock, random, lagBudgetMs, requestTimeoutMs, spreadMs, background, budget } = settings;
  const subscriptions = new Set<Subscription>();
  const followed = new Set<Entry>();

  function quietNoLonger(entry: Entry, fromMs: number): void {
    const failure = entry.unrest?.failure;
    if (failure !== undefined) setUnrest(entry, { failure: { ...failure, retryAtMs: 0 } });
    entry.quietUntilMs = fromMs > clock.nowMs() ? Math.min(entry.quietUntilMs, fromMs) : invalidated;
  }

  /** All but pinned versions. Most ids are told apart by one search, so that a flood of notices takes little time. */
  function entriesOf(secretId: string): readonly Entry[] {
    const name = bareName(secretId);
    const account = accountIn(secretId);
    return [...table.values()].filter(
      (entry) =>
        entry.secretId.includes(name) &&
        !isPinned(entry) &&
        isSameSecret(entry.secretId, secretId) &&
        mayBeOneAccount(entry.account, account),
    );
  }

  /** Other stages are asked for once for each notice, as far as the secret's allowance goes. */
  function wakeStage(entry: Entry, fromMs: number): void {
    const askAtMs = Math.max(fromMs, allowance.freeAtMs(entry.secretId));
    if (entry.quietUntilMs <= askAtMs) return;
    allowance.spend(entry.secretId, askAtMs);
    quietNoLonger(entry, askAtMs);
  }

  /** Whether the notice says something new of the secret. */
  function wake(entry: Entry, notice: DatedNotice, turnMs: number): boolean {
    const nowMs = clock.nowMs();
    const fromMs = nowMs + turnMs;
    const freeAtMs = allowance.freeAtMs(entry.secretId);
    const mayWithhold = freeAtMs <= nowMs && !isDoubted(entry, nowMs);
    const window = { fromMs: mayWithhold ? fromMs : Number.POSITIVE_INFINITY, untilMs: fromMs + lagBudgetMs };
    if (!announce(entry, notice, window, nowMs)) return false;
    if (mayWithhold) quietNoLonger(entry, fromMs);
    else entry.quietUntilMs = Math.min(entry.quietUntilMs, Math.max(fromMs, freeAtMs));
    return true;
  }

  /** The entries of AWSCURRENT that are no longer quiet by this notice. */
  function apply(secretId: string, said: RotationNotice, turnMs: number): readonly Entry[] {
    const notice = dated(said, accountIn(secretId));
    const nowMs = clock.nowMs();
    const fromMs = nowMs + turnMs;
    notices.remember(secretId, notice, { fromMs, untilMs: fromMs + lagBudgetMs }, nowMs);
    const same = entriesOf(secretId);
    for (const entry of same) if (!isCurrent(entry)) wakeStage(entry, fromMs);
    return same.filter((entry) => isCurrent(entry) && wake(entry, notice, turnMs));
  }

  /** A fleet that got the same event does not ask at the same moment. */
  const turnWithin = (withinMs: number): number => Math.ceil(random() * withinMs);

  /** Asks in turn, and again until the source has confirmed a version or has failed. One for each secret. */
  async function follow(entry: Entry, turnMs: number): Promise<void> {
    if (followed.has(entry)) return;
    followed.add(entry);
    try {
      await clock.sleep(turnMs, closing);
      while (entry.unrest?.announced !== undefined && table.get(entry.secretId) === entry) {
        const { failure, flight } = entry.unrest;
        const freeAtMs = Math.max(failure?.retryAtMs ?? 0, allowance.freeAtMs(entry.secretId));
        const waitMs = Math.max(entry.quietUntilMs, freeAtMs) - clock.nowMs();
        // A timer may fire a millisecond early.
        if (waitMs > 1) await clock.sleep(waitMs, closing);
        else if (flight === undefined && budget.requestsLeft < 1) await clock.sleep(spentMs, closing);
        else {
          await serving.behind(entry);
          if (entry.unrest?.failure !== undefined) return;
        }
      }
    } finally {
      followed.delete(entry);
    }
  }

  /** Whoever may send a notice chooses what is in it: one that is none is reported, and changes nothing. */
  function receive(given: SecretNotice): void {
    try {
      heed(checkedNotice(given));
    } catch (error) {
      if (error instanceof RekeyError) listeners.emit("error", { error });
    }
  }

  function heed({ secretArn, replacedStillWorks = false, ...notice }: SecretNotice): void {
    const turnMs = turnWithin(spreadMs);
    const woken = apply(secretArn, notice, replacedStillWorks ? turnMs : 0);
    if (!background) return;
    for (const entry of woken) follow(entry, turnMs).catch(() => undefined);
  }

  /** After a gap everything may have changed unseen. */
  function gap(): void {
    for (const entry of table.values()) if (!isPinned(entry)) quietNoLonger(entry, 0);
  }

  async function end(ending: Subscription): Promise<void> {
    subscriptions.delete(ending);
    await ending.stop();
  }

  return {
    invalidate(secretId, invalidation) {
      const id = checkedSecretId("secretId", secretId);
      if (invalidation !== undefined) {
        const { atLeast: versionId, withinMs = 0, ...rest } = invalidation;
        const { secretArn, ...notice } = checkedNotice({ ...rest, secretArn: id, versionId });
        return void apply(secretArn, notice, turnWithin(Number.isFinite(withinMs) ? Math.max(0, withinMs) : 0));
      }
      for (const entry of entriesOf(id)) quietNoLonger(entry, 0);
    },
    subscribe(source) {
      const started = subscription(source, {
        clock,
        stopTimeoutMs: requestTimeoutMs,
        notice(notice) {
          counts.notices++;
          receive(notice);
        },
        gap,
        report: (failure) => listeners.emit("error", failure),
        ignored: (reason) => void counts.ignored.set(reason, (counts.ignored.get(reason) ?? 0) + 1),
      });
      subscriptions.add(started);
      return async () => end(started);
    },
    get subscriptions() {
      const nowMs = clock.nowMs();
      return [...subscriptions].map((each) => each.health(nowMs));
    },
    async stop() {
      await Promise.allSettled([...subscriptions].map(end));
    },
  };
}
