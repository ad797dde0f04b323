import { isRekeyError, RekeyError } from "../../errors/reading-error.ts";
import type { ClientEvents } from "../client-events.ts";
import { atMost, awaited, type Clock } from "../clock.ts";
import type { SubscriptionHealth } from "../health.ts";
import { failureReason } from "../name-of-thrown.ts";
import {
  ignoredReasons,
  type IgnoredReason,
  type InvalidationSink,
  type InvalidationSource,
  type InvalidationSubscription,
  type SecretNotice,
} from "./invalidation-source.ts";

export interface Subscription {
  health(nowMs: number): SubscriptionHealth;
  /** Ends within `stopTimeoutMs`, and never rejects. */
  stop(): Promise<void>;
}

export interface SubscriptionOptions {
  readonly clock: Clock;
  readonly stopTimeoutMs: number;
  notice(notice: SecretNotice): void;
  gap(): void;
  report(failure: ClientEvents["error"]): void;
  /** Called for each message that gives no notice. */
  ignored(reason: IgnoredReason): void;
}

/** Whoever may send messages chooses how many there are. What is wrong with them is reported at most this often, by reason. */
const reportEveryMs = 60_000;

/** Counts in this window what is not reported. The keys are rekey's own words, or the first few of a source of yours. */
function reportsOncePerMinute(nowMs: () => number): (key: string) => number | undefined {
  const byKey = new Map<string, { atMs: number; count: number }>();
  const mostKeys = 50;
  return (given) => {
    const key = byKey.has(given) || byKey.size < mostKeys ? given : "";
    const last = byKey.get(key) ?? { atMs: -Infinity, count: 0 };
    last.count++;
    if (nowMs() - last.atMs < reportEveryMs) return undefined;
    const { count } = last;
    byKey.set(key, { atMs: nowMs(), count: 0 });
    return count;
  };
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/**
 * Starts a source and keeps what is known of it. Whatever a source does, throwing included, is reported and ends nothing
 * else; after `stop` it is not listened to.
 */
export function createSubscription(source: InvalidationSource, options: SubscriptionOptions): Subscription {
  const { clock, stopTimeoutMs, report } = options;
  const name = isText(source.name) ? source.name : "source";
  const ignored = new Map<IgnoredReason, number>();
  const countToReport = reportsOncePerMinute(() => clock.nowMs());
  let notices = 0;
  let failure: { code: string; reason: string | undefined; count: number } | undefined;
  let heardAtMs: number | undefined;
  let isStopped = false;

  function heard(): void {
    heardAtMs = clock.nowMs();
    failure = undefined;
  }

  function fail(error: unknown, secretId?: string): void {
    const known = isRekeyError(error)
      ? error
      : new RekeyError("invalidation-unavailable", { context: { source: name, reason: failureReason(error) } });
    const { reason } = known.context;
    failure = { code: known.code, reason: isText(reason) ? reason : undefined, count: (failure?.count ?? 0) + 1 };
    report({ ...(secretId !== undefined && { secretId }), error: known });
  }

  function ignore(given: IgnoredReason, error?: RekeyError): void {
    const reason = ignoredReasons.includes(given) ? given : "not-a-rotation";
    ignored.set(reason, (ignored.get(reason) ?? 0) + 1);
    options.ignored(reason);
    // A queue of all of rekey's events is no mistake.
    if (reason === "another-event") return;
    const count = countToReport(error === undefined ? reason : String(error.context["problem"]));
    if (count === undefined) return;
    report({ error: error ?? new RekeyError("event-unrecognized", { context: { source: name, reason, count } }) });
  }

  const sink: Required<InvalidationSink> = {
    notice(notice) {
      if (isStopped) return;
      if (!isText(notice?.secretArn) || !isText(notice.versionId)) return ignore("no-version");
      notices++;
      if (source.tellsWhenHeard !== true) heard();
      options.notice(notice);
    },
    gap() {
      if (isStopped) return;
      if (source.tellsWhenHeard !== true) heard();
      options.gap();
    },
    error(error, secretId) {
      if (isStopped) return;
      if (isRekeyError(error, "event-unverified")) ignore("unverified", error);
      else fail(error, secretId);
    },
    heard() {
      if (!isStopped) heard();
    },
    ignored(reason) {
      if (!isStopped) ignore(reason);
    },
  };

  async function started(): Promise<() => Promise<void>> {
    try {
      // A source in JavaScript may start by a promise, or return nothing.
      const made: Partial<InvalidationSubscription> | undefined = await Promise.resolve(source.start(sink));
      if (typeof made?.stop === "function") return async () => made.stop?.();
      throw new TypeError("a subscription without stop");
    } catch (error) {
      fail(error);
      return async () => undefined;
    }
  }
  const starting = started();

  /** A source whose connection is gone may never stop. */
  async function end(): Promise<void> {
    const late = Symbol("late");
    const stopping = starting.then(async (stop) => stop());
    // Also where it fails after its time.
    stopping.catch(() => undefined);
    let outcome: unknown = new RekeyError("time-budget-spent");
    const told = stopping.then(
      () => (outcome = undefined),
      (error: unknown) => (outcome = error ?? late),
    );
    await atMost(clock, stopTimeoutMs, told);
    if (outcome === undefined) return;
    const context = { source: name, operation: "stop", reason: failureReason(outcome) };
    report({ error: new RekeyError("invalidation-unavailable", { context }) });
  }

  return {
    health: (nowMs) => ({
      name,
      code: failure?.code,
      reason: failure?.reason,
      failures: failure?.count ?? 0,
      lastHeardAgeMs: heardAtMs === undefined ? undefined : nowMs - heardAtMs,
      notices,
      ignored: Object.fromEntries(ignored),
    }),
    async stop() {
      isStopped = true;
      await awaited(clock, end());
    },
  };
}
