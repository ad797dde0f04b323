import { CodedError } from "../../errors/coded-error.ts";
import { RekeyError } from "../../errors/reading-error.ts";
import type { Settings } from "../client-options.ts";
import { awaited } from "../clock.ts";
import { type CachedSecret, invalidated, isPinned } from "./cached-secret.ts";
import type { InFlightRequests } from "./in-flight-requests.ts";
import { frozenMs } from "./bounded-request.ts";
import type { Listeners } from "../client-events.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import type { Counts } from "../telemetry.ts";
import { announcedNow, isBelowFloor } from "./version-floor.ts";

/** How many times its TTL a value may have been unread and still be served before it is checked. */
const uncheckedTtls = 2;

const isBackingOff = ({ requestState }: CachedSecret, nowMs: number): boolean =>
  nowMs < (requestState?.failure?.retryAtMs ?? 0);

/** With a request under way: what it finds is waited for, since nobody knows how long ago its value was read. */
const stoodStill = ({ requestState }: CachedSecret, nowMs: number): boolean =>
  nowMs >= (requestState?.inFlight?.stillness.fromMs ?? Infinity);

const againAfter = ({ code, entry, context, hint }: CodedError, retryAfterMs: number): CodedError =>
  new CodedError(code, entry, { context, hint, retryAfterMs });

/** What is served when an entry is no longer fresh: past its time, invalidated, failing or never read. */
export class ReadPolicy {
  readonly #settings: Settings;
  readonly #inFlightRequests: Pick<InFlightRequests, "request">;
  readonly #listeners: Listeners;
  readonly #counts: Counts;

  constructor(parts: {
    readonly settings: Settings;
    readonly inFlightRequests: Pick<InFlightRequests, "request">;
    readonly listeners: Listeners;
    readonly counts: Counts;
  }) {
    this.#settings = parts.settings;
    this.#inFlightRequests = parts.inFlightRequests;
    this.#listeners = parts.listeners;
    this.#counts = parts.counts;
  }

  /** What may be served without waiting; a request that is due is made at the same time. */
  peek(entry: CachedSecret): SourceVersion | undefined {
    const { clock, ttlMs } = this.#settings;
    const nowMs = clock.nowMs();
    if (nowMs < entry.freshUntilMs) return entry.version;
    const version = this.#servable(entry, nowMs);
    if (version === undefined || isPinned(entry)) return version;
    if (stoodStill(entry, nowMs)) return undefined;
    if (!isBackingOff(entry, nowMs) && this.#mayAsk(entry)) {
      if (this.#mustAskFirst(entry, nowMs)) return undefined;
      void this.refreshInBackground(entry);
    }
    if (nowMs - entry.confirmedAtMs >= ttlMs) this.#counts.staleReads++;
    return version;
  }

  /** The same, or what the source says. */
  get(entry: CachedSecret): Promise<SourceVersion> {
    const { clock } = this.#settings;
    const version = this.peek(entry);
    if (version !== undefined) return (entry.ready ??= Promise.resolve(version));
    const nowMs = clock.nowMs();
    const failure = entry.requestState?.failure;
    if (failure === undefined || nowMs >= failure.retryAtMs || stoodStill(entry, nowMs))
      return awaited(clock, this.#ask(entry));
    const { error, retryAtMs } = failure;
    return Promise.reject(againAfter(error, retryAtMs - nowMs));
  }

  /** Makes a request that nobody waits for. Settles when it has ended, and never rejects. */
  async refreshInBackground(entry: CachedSecret): Promise<void> {
    const before = entry.requestState?.inFlight;
    const version = this.#inFlightRequests.request(entry);
    const isOurs = entry.requestState?.inFlight !== before;
    try {
      await version;
    } catch (error) {
      if (isOurs && error instanceof RekeyError && error.code !== "pool-closed")
        this.#listeners.emit("error", { secretId: entry.secretId, error });
    }
  }

  /** A notice takes nothing from those who read other secrets: while the budget is spent, what is held is served. */
  #mayAsk({ requestState }: CachedSecret): boolean {
    return (
      requestState?.announced === undefined ||
      requestState.inFlight !== undefined ||
      this.#settings.budget.requestsLeft >= 1
    );
  }

  /** The value that may be served, where there is one. */
  #servable(entry: CachedSecret, nowMs: number): SourceVersion | undefined {
    const { ttlMs, maxStaleMs, maxDeniedMs } = this.#settings;
    if (isBelowFloor(entry, nowMs) && this.#mayAsk(entry)) return undefined;
    if (isPinned(entry)) return entry.version;
    const deniedAtMs = entry.requestState?.failure?.deniedAtMs ?? Infinity;
    if (nowMs - deniedAtMs >= maxDeniedMs) return undefined;
    return nowMs - entry.confirmedAtMs < ttlMs + maxStaleMs ? entry.version : undefined;
  }

  /** Where nothing runs between the reads, and where nobody has asked for long: a rotation may have passed unseen. */
  #mustAskFirst(entry: CachedSecret, nowMs: number): boolean {
    const { background, ttlMs } = this.#settings;
    return (
      !background ||
      (entry.requestState?.failure === undefined &&
        (entry.freshUntilMs === invalidated || nowMs - entry.confirmedAtMs >= uncheckedTtls * ttlMs))
    );
  }

  async #ask(entry: CachedSecret): Promise<SourceVersion> {
    try {
      return await this.#withinLagBudget(entry);
    } catch (error) {
      const version = this.#servable(entry, this.#settings.clock.nowMs());
      if (version === undefined) throw error;
      this.#counts.staleReads++;
      return version;
    }
  }

  /** What the source says, but no later than the end of the lag budget where there is a value to serve then. */
  async #withinLagBudget(entry: CachedSecret): Promise<SourceVersion> {
    const { clock } = this.#settings;
    const version = this.#inFlightRequests.request(entry);
    const announced = announcedNow(entry, clock.nowMs());
    if (announced === undefined) return version;
    const waiting = new AbortController();
    const { untilMs } = announced;
    // After it, unless the process stood still meanwhile: then the source is asked before anything is served.
    const inTime = (nowMs: number): SourceVersion | undefined =>
      nowMs < untilMs + frozenMs ? this.#servable(entry, nowMs) : undefined;
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
}
