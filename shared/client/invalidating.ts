import type { Listeners } from "./client-events.ts";
import type { Settings } from "./client-options.ts";
import { atMost, awaited } from "./clock.ts";
import { type Entry, invalidated, isCurrent, isPinned, setUnrest } from "./entry.ts";
import type { EntryTable } from "./entry-table.ts";
import type { InvalidationSource, InvalidationSubscription, SecretNotice } from "./invalidation/invalidation-source.ts";
import type { NoticeMemory } from "./notice-memory.ts";
import { isSameSecret } from "./secret-id.ts";
import type { Serving } from "./serving.ts";
import { dated, raiseFloor, type RotationNotice } from "./version-floor.ts";

export interface Invalidation {
  /** The VersionId that is current now: nothing older is served any more. */
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
  readonly subscriptions: number;
  stop(): Promise<void>;
}

/** How events reach the cache. */
export function invalidating(options: {
  readonly settings: Settings;
  readonly table: EntryTable;
  readonly notices: NoticeMemory;
  readonly serving: Serving;
  readonly listeners: Listeners;
  readonly closing: AbortSignal;
}): Invalidating {
  const { settings, table, notices, serving, listeners, closing } = options;
  const { clock, random, maxStaleMs, spreadMs, requestTimeoutMs, background } = settings;
  const subscriptions = new Set<InvalidationSubscription>();

  function quietNoLonger(entry: Entry, fromMs: number): void {
    const failure = entry.unrest?.failure;
    if (failure !== undefined) setUnrest(entry, { failure: { ...failure, retryAtMs: 0 } });
    entry.quietUntilMs = fromMs > clock.nowMs() ? Math.min(entry.quietUntilMs, fromMs) : invalidated;
  }

  /** The entries that are no longer quiet by this notice. */
  function apply(secretId: string, said: RotationNotice | undefined, turnMs: number): readonly Entry[] {
    const notice = said === undefined ? undefined : dated(said);
    const nowMs = clock.nowMs();
    const fromMs = nowMs + turnMs;
    const window = { fromMs, untilMs: nowMs + maxStaleMs };
    if (notice !== undefined) notices.remember(secretId, notice, window);
    return [...table.values()].filter((entry) => {
      if (isPinned(entry) || !isSameSecret(entry.secretId, secretId)) return false;
      if (notice !== undefined && isCurrent(entry) && !raiseFloor(entry, notice, window)) return false;
      quietNoLonger(entry, fromMs);
      return true;
    });
  }

  /** A fleet that got the same event does not ask at the same moment. */
  const turnWithin = (withinMs: number): number => Math.ceil(random() * withinMs);

  async function askInTurn(entry: Entry, turnMs: number): Promise<void> {
    await clock.sleep(turnMs, closing);
    // A timer may fire a millisecond early.
    if (clock.nowMs() + 1 >= entry.quietUntilMs && table.get(entry.secretId) === entry) serving.behind(entry);
  }

  function receive({ secretArn, replacedStillWorks = false, ...notice }: SecretNotice): void {
    const turnMs = turnWithin(spreadMs);
    const woken = apply(secretArn, notice, replacedStillWorks ? turnMs : 0);
    if (!background) return;
    for (const entry of woken.filter(isCurrent)) askInTurn(entry, turnMs).catch(() => undefined);
  }

  /** A source whose connection is gone may never stop. */
  async function end(subscription: InvalidationSubscription): Promise<void> {
    subscriptions.delete(subscription);
    await awaited(clock, atMost(clock, requestTimeoutMs, subscription.stop()));
  }

  return {
    invalidate(secretId, invalidation) {
      if (invalidation === undefined) return void apply(secretId, undefined, 0);
      const { atLeast: versionId, withinMs = 0, ...rest } = invalidation;
      apply(secretId, { ...rest, versionId }, turnWithin(withinMs));
    },
    subscribe(source) {
      const subscription = source.start({
        notice: receive,
        gap() {
          for (const entry of table.values()) if (!isPinned(entry)) quietNoLonger(entry, 0);
        },
        error: (error) => listeners.emit("error", { error }),
      });
      subscriptions.add(subscription);
      return async () => end(subscription);
    },
    get subscriptions() {
      return subscriptions.size;
    },
    async stop() {
      await Promise.allSettled([...subscriptions].map(end));
    },
  };
}
