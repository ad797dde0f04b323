import { RekeyError } from "../../errors/reading-error.ts";
import { checkedNotice, checkedSecretId } from "./checked-notice.ts";
import type { Listeners } from "../client-events.ts";
import type { Settings } from "../client-options.ts";
import { type CachedSecret, invalidated, isCurrent, isPinned, setRequestState } from "../cache/cached-secret.ts";
import type { SecretTable } from "../cache/secret-table.ts";
import type { SubscriptionHealth } from "../health.ts";
import type { InvalidationSource, SecretNotice } from "./invalidation-source.ts";
import type { NoticeAllowance } from "./notice-allowance.ts";
import type { NoticeMemory } from "./notice-memory.ts";
import { dated, type DatedNotice, type RotationNotice } from "./rotation-notice.ts";
import { accountIn, bareName, isSameSecret, mayBeOneAccount } from "../secret-id.ts";
import type { ReadPolicy } from "../cache/read-policy.ts";
import { createSubscription, type Subscription } from "./subscription.ts";
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

/** How long a notice waits while the budget for requests is spent. */
const spentMs = 500;

interface Parts {
  readonly settings: Settings;
  readonly table: SecretTable;
  readonly notices: Pick<NoticeMemory, "remember">;
  readonly allowance: NoticeAllowance;
  readonly readPolicy: Pick<ReadPolicy, "refreshInBackground">;
  readonly listeners: Listeners;
  readonly counts: Counts;
  readonly closing: AbortSignal;
}

/** How notices reach the cache. */
export class InvalidationHandler {
  readonly #parts: Parts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #followed = new Set<CachedSecret>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  invalidate(secretId: string, invalidation?: Invalidation): void {
    const id = checkedSecretId("secretId", secretId);
    if (invalidation === undefined) {
      for (const entry of this.#entriesOf(id)) this.#endFreshness(entry, 0);
      return;
    }
    const { atLeast: versionId, withinMs = 0, ...rest } = invalidation;
    const { secretArn, ...notice } = checkedNotice({ ...rest, secretArn: id, versionId });
    this.#apply(secretArn, notice, this.#turnWithin(Number.isFinite(withinMs) ? Math.max(0, withinMs) : 0));
  }

  subscribe(source: InvalidationSource): () => Promise<void> {
    const { settings, counts, listeners } = this.#parts;
    const started = createSubscription(source, {
      clock: settings.clock,
      stopTimeoutMs: settings.requestTimeoutMs,
      notice: (notice) => {
        counts.notices++;
        this.#receive(notice);
      },
      gap: () => this.#gap(),
      report: (failure) => listeners.emit("error", failure),
      ignored: (reason) => void counts.ignored.set(reason, (counts.ignored.get(reason) ?? 0) + 1),
    });
    this.#subscriptions.add(started);
    return async () => this.#end(started);
  }

  get subscriptions(): readonly SubscriptionHealth[] {
    const nowMs = this.#parts.settings.clock.nowMs();
    return [...this.#subscriptions].map((each) => each.health(nowMs));
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.#subscriptions].map(async (each) => this.#end(each)));
  }

  async #end(ending: Subscription): Promise<void> {
    this.#subscriptions.delete(ending);
    await ending.stop();
  }

  /** Whoever may send a notice chooses what is in it: one that is none is reported, and changes nothing. */
  #receive(given: SecretNotice): void {
    const { settings, listeners } = this.#parts;
    try {
      const { secretArn, replacedStillWorks = false, ...notice } = checkedNotice(given);
      const turnMs = this.#turnWithin(settings.spreadMs);
      const expired = this.#apply(secretArn, notice, replacedStillWorks ? turnMs : 0);
      if (!settings.background) return;
      for (const entry of expired) this.#follow(entry, turnMs).catch(() => undefined);
    } catch (error) {
      if (error instanceof RekeyError) listeners.emit("error", { error });
    }
  }

  /** After a gap everything may have changed unseen. */
  #gap(): void {
    for (const entry of this.#parts.table.matching(() => true)) if (!isPinned(entry)) this.#endFreshness(entry, 0);
  }

  /** A fleet that got the same event does not ask at the same moment. */
  #turnWithin(withinMs: number): number {
    return Math.ceil(this.#parts.settings.random() * withinMs);
  }

  /** The entries of AWSCURRENT that are no longer fresh by this notice. */
  #apply(secretId: string, said: RotationNotice, turnMs: number): readonly CachedSecret[] {
    const { settings, notices } = this.#parts;
    const notice = dated(said, accountIn(secretId));
    const nowMs = settings.clock.nowMs();
    const fromMs = nowMs + turnMs;
    notices.remember(secretId, notice, { fromMs, untilMs: fromMs + settings.lagBudgetMs }, nowMs);
    const same = this.#entriesOf(secretId);
    for (const entry of same) if (!isCurrent(entry)) this.#expireStage(entry, fromMs);
    return same.filter((entry) => isCurrent(entry) && this.#expireCurrent(entry, notice, turnMs));
  }

  /** All but pinned versions. Most ids are told apart by one search, so that a flood of notices takes little time. */
  #entriesOf(secretId: string): readonly CachedSecret[] {
    const name = bareName(secretId);
    const account = accountIn(secretId);
    const same = this.#parts.table.matching((id) => id.includes(name) && isSameSecret(id, secretId));
    return [...same].filter((entry) => !isPinned(entry) && mayBeOneAccount(entry.account, account));
  }

  /** Other stages are asked for once for each notice, as far as the secret's allowance goes. */
  #expireStage(entry: CachedSecret, fromMs: number): void {
    const { allowance } = this.#parts;
    const askAtMs = Math.max(fromMs, allowance.freeAtMs(entry.secretId));
    if (entry.freshUntilMs <= askAtMs) return;
    allowance.spend(entry.secretId, askAtMs);
    this.#endFreshness(entry, askAtMs);
  }

  /** Whether the notice says something new of the secret. */
  #expireCurrent(entry: CachedSecret, notice: DatedNotice, turnMs: number): boolean {
    const { settings, allowance } = this.#parts;
    const nowMs = settings.clock.nowMs();
    const fromMs = nowMs + turnMs;
    const freeAtMs = allowance.freeAtMs(entry.secretId);
    const mayWithhold = freeAtMs <= nowMs && !isDoubted(entry, nowMs);
    const window = { fromMs: mayWithhold ? fromMs : Infinity, untilMs: fromMs + settings.lagBudgetMs };
    if (!announce(entry, notice, window, nowMs)) return false;
    if (mayWithhold) this.#endFreshness(entry, fromMs);
    else entry.freshUntilMs = Math.min(entry.freshUntilMs, Math.max(fromMs, freeAtMs));
    return true;
  }

  #endFreshness(entry: CachedSecret, fromMs: number): void {
    const failure = entry.requestState?.failure;
    if (failure !== undefined) setRequestState(entry, { failure: { ...failure, retryAtMs: 0 } });
    const { clock } = this.#parts.settings;
    entry.freshUntilMs = fromMs > clock.nowMs() ? Math.min(entry.freshUntilMs, fromMs) : invalidated;
  }

  /** Asks in turn, and again until the source has confirmed a version or has failed. One for each secret. */
  async #follow(entry: CachedSecret, turnMs: number): Promise<void> {
    const { settings, allowance, closing, readPolicy, table } = this.#parts;
    const { clock, budget } = settings;
    if (this.#followed.has(entry)) return;
    this.#followed.add(entry);
    try {
      await clock.sleep(turnMs, closing);
      while (entry.requestState?.announced !== undefined && table.get(entry.secretId) === entry) {
        const { failure, inFlight } = entry.requestState;
        const freeAtMs = Math.max(failure?.retryAtMs ?? 0, allowance.freeAtMs(entry.secretId));
        const waitMs = Math.max(entry.freshUntilMs, freeAtMs) - clock.nowMs();
        // A timer may fire a millisecond early.
        if (waitMs > 1) await clock.sleep(waitMs, closing);
        else if (inFlight === undefined && budget.requestsLeft < 1) await clock.sleep(spentMs, closing);
        else {
          await readPolicy.refreshInBackground(entry);
          if (entry.requestState?.failure !== undefined) return;
        }
      }
    } finally {
      this.#followed.delete(entry);
    }
  }
}
