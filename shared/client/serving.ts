import { RekeyError } from "../errors/rekey-error.ts";
import type { Settings } from "./client-options.ts";
import { awaited } from "./clock.ts";
import { type Entry, invalidated, isPinned } from "./entry.ts";
import type { Flights } from "./flights.ts";
import { frozenMs } from "./requests.ts";
import type { Listeners } from "./client-events.ts";
import type { SourceVersion } from "./secret-source.ts";
import type { Counts } from "./telemetry.ts";
import { announcedNow, isBelowFloor } from "./version-floor.ts";

export interface Serving {
  /** What may be served without waiting; a request that is due is made beside it. */
  now(entry: Entry): SourceVersion | undefined;
  /** The same, or what the source says. */
  soon(entry: Entry): Promise<SourceVersion>;
  /** Makes a request that nobody waits for. Settles when it has ended, and never rejects. */
  behind(entry: Entry): Promise<void>;
}

/** How many times its TTL a value may have been unread and still be served before it is checked. */
const uncheckedTtls = 2;

/** What is served when an entry is no longer quiet: past its time, invalidated, failing or never read. */
export function serving(options: {
  readonly settings: Settings;
  readonly flights: Flights;
  readonly listeners: Listeners;
  readonly counts: Counts;
}): Serving {
  const { flights, listeners, counts } = options;
  const { ttlMs, maxStaleMs, maxDeniedMs, background, clock, budget } = options.settings;

  /** A notice takes nothing from those who read other secrets: while the budget is spent, what is held is served. */
  const mayAsk = ({ unrest }: Entry): boolean =>
    unrest?.announced === undefined || unrest.flight !== undefined || budget.requestsLeft >= 1;

  /** The value that may be served, where there is one. */
  function servable(entry: Entry, nowMs: number): SourceVersion | undefined {
    if (isBelowFloor(entry, nowMs) && mayAsk(entry)) return undefined;
    if (isPinned(entry)) return entry.version;
    const deniedAtMs = entry.unrest?.failure?.deniedAtMs ?? Number.POSITIVE_INFINITY;
    if (nowMs - deniedAtMs >= maxDeniedMs) return undefined;
    return nowMs - entry.checkedAtMs < ttlMs + maxStaleMs ? entry.version : undefined;
  }

  const isResting = ({ unrest }: Entry, nowMs: number): boolean => nowMs < (unrest?.failure?.retryAtMs ?? 0);

  /** With a request under way: what it finds is waited for, since nobody knows how long ago its value was read. */
  const stoodStill = ({ unrest }: Entry, nowMs: number): boolean =>
    nowMs >= (unrest?.flight?.stillness.fromMs ?? Number.POSITIVE_INFINITY);

  /** Where nothing runs beside the reads, and where nobody has asked for long: a rotation may have passed unseen. */
  const mustCheckFirst = (entry: Entry, nowMs: number): boolean =>
    !background ||
    (entry.unrest?.failure === undefined &&
      (entry.quietUntilMs === invalidated || nowMs - entry.checkedAtMs >= uncheckedTtls * ttlMs));

  async function behind(entry: Entry): Promise<void> {
    const before = entry.unrest?.flight;
    const version = flights.fly(entry);
    const isOurs = entry.unrest?.flight !== before;
    try {
      await version;
    } catch (error) {
      if (isOurs && error instanceof RekeyError && error.code !== "pool-closed")
        listeners.emit("error", { secretId: entry.secretId, error });
    }
  }

  function now(entry: Entry): SourceVersion | undefined {
    const nowMs = clock.nowMs();
    if (nowMs < entry.quietUntilMs) return entry.version;
    const version = servable(entry, nowMs);
    if (version === undefined || isPinned(entry)) return version;
    if (stoodStill(entry, nowMs)) return undefined;
    if (!isResting(entry, nowMs) && mayAsk(entry)) {
      if (mustCheckFirst(entry, nowMs)) return undefined;
      void behind(entry);
    }
    if (nowMs - entry.checkedAtMs >= ttlMs) counts.staleReads++;
    return version;
  }

  /** What the source says, but no later than the end of the lag budget where there is a value to serve then. */
  async function withinLagBudget(entry: Entry): Promise<SourceVersion> {
    const version = flights.fly(entry);
    const announced = announcedNow(entry, clock.nowMs());
    if (announced === undefined) return version;
    const waiting = new AbortController();
    const { untilMs } = announced;
    // After it, unless the process stood still meanwhile: then the source is asked before anything is served.
    const inTime = (nowMs: number): SourceVersion | undefined =>
      nowMs < untilMs + frozenMs ? servable(entry, nowMs) : undefined;
    const late = clock.sleep(untilMs - clock.nowMs(), waiting.signal).then(
      () => inTime(clock.nowMs()) ?? version,
      () => version,
    );
    try {
      return await Promise.race([version, late]);
    } finally {
      waiting.abort();
    }
  }

  async function ask(entry: Entry): Promise<SourceVersion> {
    try {
      return await withinLagBudget(entry);
    } catch (error) {
      const version = servable(entry, clock.nowMs());
      if (version === undefined) throw error;
      counts.staleReads++;
      return version;
    }
  }

  return {
    now,
    soon(entry) {
      const version = now(entry);
      if (version !== undefined) return (entry.ready ??= Promise.resolve(version));
      const nowMs = clock.nowMs();
      const failure = entry.unrest?.failure;
      if (failure === undefined || nowMs >= failure.retryAtMs || stoodStill(entry, nowMs))
        return awaited(clock, ask(entry));
      const { code, context, hint } = failure.error;
      return Promise.reject(new RekeyError(code, { context, hint, retryAfterMs: failure.retryAtMs - nowMs }));
    },
    behind,
  };
}
