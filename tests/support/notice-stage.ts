import { createListeners, type ClientEvents } from "../../shared/client/client-events.ts";
import { type SecretClientOptions, settingsOf } from "../../shared/client/client-options.ts";
import { CachedVersion, CachedSecret, setRequestState } from "../../shared/client/cache/cached-secret.ts";
import { type SecretTable, createSecretTable } from "../../shared/client/cache/secret-table.ts";
import { InvalidationHandler } from "../../shared/client/invalidation/invalidation-handler.ts";
import type { InvalidationSink, SecretNotice } from "../../shared/client/invalidation/invalidation-source.ts";
import { NoticeAllowance } from "../../shared/client/invalidation/notice-allowance.ts";
import { NoticeMemory } from "../../shared/client/invalidation/notice-memory.ts";
import type { SourceSelector } from "../../shared/client/sources/secret-source.ts";
import type { ReadPolicy } from "../../shared/client/cache/read-policy.ts";
import { type Counts, noCounts } from "../../shared/client/telemetry.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";

export const lagBudgetMs = 4_000;
export const dayMs = 86_400_000;

/** Invalidation by a clock of its own, with everything around it in sight. */
export interface NoticeStage {
  readonly clock: ManualClock;
  /** When the stage began. */
  readonly nowMs: number;
  readonly table: SecretTable;
  readonly allowance: NoticeAllowance;
  readonly counts: Counts;
  readonly closing: AbortController;
  readonly told: readonly ClientEvents["error"][];
  /** When entries were asked for, since the start. */
  readonly askedAtMs: readonly number[];
  /** How a request ends for its entry. By default what was announced is confirmed. */
  ends(outcome: (entry: CachedSecret) => void): void;
  invalidating(
    options?: Partial<SecretClientOptions> & { readonly notices?: Pick<NoticeMemory, "remember"> },
  ): InvalidationHandler;
  /** Where the source of notices reports what it hears. */
  sink(): Required<InvalidationSink>;
  hear(notice?: Partial<SecretNotice>): void;
  /** An entry that holds the version `old`, and is quiet for a day. */
  held(secretId: string, at?: SourceSelector): CachedSecret;
}

/** A request that confirms what the source says. */
export const confirmed = (entry: CachedSecret): void =>
  setRequestState(entry, { announced: undefined, failure: undefined });

export function noticeStage(): NoticeStage {
  const clock = manualClock();
  const nowMs = clock.nowMs();
  const table = createSecretTable({ maxSecrets: 100, maxBytes: 1e9 });
  const allowance = new NoticeAllowance();
  const closing = new AbortController();
  const told: ClientEvents["error"][] = [];
  const askedAtMs: number[] = [];
  const counts = noCounts();
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
    invalidating({ notices = new NoticeMemory(), ...options } = {}) {
      const all = createListeners();
      all.on("error", (failure) => told.push(failure));
      const source = { read: async () => undefined };
      const settings = settingsOf({ source, clock, lagBudgetMs, random: () => 0.5, background: true, ...options });
      const readPolicy: Pick<ReadPolicy, "peek" | "get" | "refreshInBackground"> = {
        peek: () => undefined,
        get: async () => Promise.reject(new Error("nobody waits")),
        async refreshInBackground(entry) {
          askedAtMs.push(clock.nowMs() - nowMs);
          end(entry);
        },
      };
      const events = new InvalidationHandler({
        settings,
        table,
        notices,
        allowance,
        readPolicy,
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
      const entry = at === undefined ? new CachedSecret(secretId) : new CachedVersion(secretId, at);
      entry.version = { versionId: "old", value: new SecretValue("one") };
      entry.freshUntilMs = nowMs + dayMs;
      table.add(entry);
      return entry;
    },
  };
}
