import { vi } from "vitest";
import { type ClientEvents, createListeners } from "../../shared/client/client-events.ts";
import { CachedSecret } from "../../shared/client/cache/cached-secret.ts";
import { createSecretTable } from "../../shared/client/cache/secret-table.ts";
import { InFlightRequests } from "../../shared/client/cache/in-flight-requests.ts";
import { NoticeAllowance } from "../../shared/client/invalidation/notice-allowance.ts";
import type { NoticeMemory } from "../../shared/client/invalidation/notice-memory.ts";
import { requestBudget } from "../../shared/client/cache/request-budget.ts";
import type { SourceAnswer } from "../../shared/client/sources/secret-source.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";

export const lagBudgetMs = 4_000;
export const freshMs = 100_000;
export const longestRequestMs = 30_000;

/** Requests by a clock of their own, with everything around them in sight. */
export interface RequestStage {
  readonly clock: ManualClock;
  readonly startMs: number;
  readonly closing: AbortController;
  readonly told: readonly [string, ClientEvents[keyof ClientEvents]][];
  readonly allowance: NoticeAllowance;
  readonly notices: { readonly [name in keyof NoticeMemory]: ReturnType<typeof vi.fn<NoticeMemory[name]>> };
  readonly settled: ReturnType<typeof vi.fn<(characters: number) => void>>;
  /** When the source was asked, since the start. */
  readonly asked: readonly { readonly atMs: number; readonly signal: AbortSignal }[];
  /** What the source says, one after the other; the last one again and again. */
  says(...answers: readonly (() => unknown)[]): void;
  inFlightRequests(options?: { readonly random?: number; readonly requestsLeft?: number }): InFlightRequests;
}

export const answer = (versionId: string, more: Partial<SourceAnswer> = {}): SourceAnswer => ({
  versionId,
  value: new SecretValue(`value of ${versionId}`),
  ...more,
});

export function holding(
  { versionId, value, createdAt }: SourceAnswer,
  entry: CachedSecret = new CachedSecret("a"),
): CachedSecret {
  entry.version = { versionId, value };
  entry.createdAtSeconds = (createdAt?.getTime() ?? 0) / 1_000;
  return entry;
}

export function requestStage(): RequestStage {
  const clock = manualClock();
  const startMs = clock.nowMs();
  const closing = new AbortController();
  const all = createListeners();
  const told: [string, ClientEvents[keyof ClientEvents]][] = [];
  for (const name of ["rotated", "stale", "error"] as const) all.on(name, (event) => told.push([name, event]));
  const allowance = new NoticeAllowance();
  const notices = {
    remember: vi.fn<NoticeMemory["remember"]>(),
    confirm: vi.fn<NoticeMemory["confirm"]>(),
    applyTo: vi.fn<NoticeMemory["applyTo"]>(),
  };
  const settled = vi.fn<(characters: number) => void>();
  const asked: { readonly atMs: number; readonly signal: AbortSignal }[] = [];
  let answers: (() => unknown)[] = [];

  return {
    clock,
    startMs,
    closing,
    told,
    allowance,
    notices,
    settled,
    asked,
    says: (...given) => void (answers = [...given]),
    inFlightRequests({ random = 0, requestsLeft = 1_000 } = {}) {
      const budget = requestBudget({ requestsPerSecond: 1e-9, burst: requestsLeft + 1, whenSpent: "wait" }, clock);
      void budget.take(0, closing.signal);
      return new InFlightRequests({
        source: {
          async read(_id, _at, { signal }) {
            asked.push({ atMs: clock.nowMs() - startMs, signal });
            return (answers.length > 1 ? answers.shift() : answers[0])?.() as Promise<SourceAnswer>;
          },
        },
        request: async (_id, work, signal) => work({ signal }),
        table: { ...createSecretTable({ maxSecrets: 10, maxBytes: 10_000 }), settled },
        telemetry: { refresh: async (_id, work) => work(), stop: () => undefined },
        listeners: all,
        clock,
        random: () => random,
        closing: closing.signal,
        budget,
        allowance,
        notices,
        lagBudgetMs,
        freshMs: () => freshMs,
        longestRequestMs,
      });
    },
  };
}
