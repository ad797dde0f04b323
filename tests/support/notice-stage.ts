import { listeners, type ClientEvents } from "../../shared/client/client-events.ts";
import { type SecretClientOptions, settingsOf } from "../../shared/client/client-options.ts";
import { ChosenEntry, Entry, setUnrest } from "../../shared/client/entry.ts";
import { type EntryTable, entryTable } from "../../shared/client/entry-table.ts";
import { type Invalidating, invalidating } from "../../shared/client/invalidating.ts";
import type { InvalidationSink, SecretNotice } from "../../shared/client/invalidation/invalidation-source.ts";
import { type NoticeAllowance, noticeAllowance } from "../../shared/client/notice-allowance.ts";
import { type NoticeMemory, noticeMemory } from "../../shared/client/notice-memory.ts";
import type { SourceSelector } from "../../shared/client/secret-source.ts";
import type { Serving } from "../../shared/client/serving.ts";
import type { Counts } from "../../shared/client/telemetry.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";

export const lagBudgetMs = 4_000;
export const dayMs = 86_400_000;

/** Invalidation by a clock of its own, with everything around it in sight. */
export interface NoticeStage {
  readonly clock: ManualClock;
  /** When the stage began. */
  readonly nowMs: number;
  readonly table: EntryTable;
  readonly allowance: NoticeAllowance;
  readonly counts: Counts;
  readonly closing: AbortController;
  readonly told: readonly ClientEvents["error"][];
  /** When entries were asked for, since the start. */
  readonly askedAtMs: readonly number[];
  /** How a request ends for its entry. By default what was announced is confirmed. */
  ends(outcome: (entry: Entry) => void): void;
  invalidating(options?: Partial<SecretClientOptions> & { readonly notices?: NoticeMemory }): Invalidating;
  /** Where the source of notices reports what it hears. */
  sink(): Required<InvalidationSink>;
  hear(notice?: Partial<SecretNotice>): void;
  /** An entry that holds the version `old`, and is quiet for a day. */
  held(secretId: string, at?: SourceSelector): Entry;
}

/** A request that confirms what the source says. */
export const confirmed = (entry: Entry): void => setUnrest(entry, { announced: undefined, failure: undefined });

export function noticeStage(): NoticeStage {
  const clock = manualClock();
  const nowMs = clock.nowMs();
  const table = entryTable({ maxSecrets: 100, maxBytes: 1e9 });
  const allowance = noticeAllowance();
  const closing = new AbortController();
  const told: ClientEvents["error"][] = [];
  const askedAtMs: number[] = [];
  const counts: Counts = {
    reads: 0,
    staleReads: 0,
    refreshes: 0,
    failedRefreshes: 0,
    rotations: 0,
    notices: 0,
    ignored: new Map(),
  };
  let end = confirmed;
  let sink: Required<InvalidationSink> | undefined;
  const started = (): Required<InvalidationSink> => {
    if (sink === undefined) throw new Error("nothing is subscribed");
    return sink;
  };

  return {
    clock,
    nowMs,
    table,
    allowance,
    counts,
    closing,
    told,
    askedAtMs,
    ends: (outcome) => void (end = outcome),
    invalidating({ notices = noticeMemory(), ...options } = {}) {
      const all = listeners();
      all.on("error", (failure) => told.push(failure));
      const source = { read: async () => undefined };
      const settings = settingsOf({ source, clock, lagBudgetMs, random: () => 0.5, background: true, ...options });
      const serving: Serving = {
        now: () => undefined,
        soon: async () => Promise.reject(new Error("nobody waits")),
        async behind(entry) {
          askedAtMs.push(clock.nowMs() - nowMs);
          end(entry);
        },
      };
      const events = invalidating({
        settings,
        table,
        notices,
        allowance,
        serving,
        listeners: all,
        counts,
        closing: closing.signal,
      });
      events.subscribe({
        start(given) {
          sink = given as Required<InvalidationSink>;
          return { stop: async () => undefined };
        },
      });
      return events;
    },
    sink: started,
    hear: (notice) => void started().notice({ secretArn: "a", versionId: "new", ...notice }),
    held(secretId, at) {
      const entry = at === undefined ? new Entry(secretId) : new ChosenEntry(secretId, at);
      entry.version = { versionId: "old", value: new SecretValue("one") };
      entry.quietUntilMs = nowMs + dayMs;
      table.add(entry);
      return entry;
    },
  };
}
