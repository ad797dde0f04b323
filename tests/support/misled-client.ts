import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { SecretClientOptions } from "../../shared/client/client-options.ts";
import type { InvalidationSink } from "../../shared/client/invalidation/invalidation-source.ts";
import { noticeInMessage } from "../../shared/client/invalidation/notice-in-message.ts";
import { requestBudget } from "../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../shared/testing/memory-secrets.ts";

export const misledArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
/** What a client may be made to wait, and a little for its own steps. */
export const longestLossMs = 4_000 + 200;
export const mostReads = 6;

/** A client by a clock of its own, and somebody who may publish events to it. */
export interface MisledClient {
  readonly clock: ManualClock;
  readonly secrets: MemorySecrets;
  readonly client: SecretClient;
  /** When each secret's source was asked, by the clock. */
  readonly askedAtMs: readonly number[];
  /** An event as each channel carries it. */
  hear(detail: Readonly<Record<string, unknown>>, detailType?: string): void;
  /** The most requests in any 20 s. */
  mostAskedIn20s(): number;
  /** Reads all the while. Gives the longest time in which no read got a value, and every value that one got. */
  readFor(ms: number, meanwhile?: (passedMs: number) => void): Promise<{ longestLossMs: number; values: Set<string> }>;
}

const stepMs = 50;

export function misledClient(
  options: Partial<SecretClientOptions> & { readonly clock?: ManualClock } = {},
): MisledClient {
  const clock = options.clock ?? manualClock();
  const secrets = memorySecrets({ [misledArn]: "one" });
  const askedAtMs: number[] = [];
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
  let sink: InvalidationSink | undefined;
  const client = createSecretClient({
    source: {
      async read(...call) {
        askedAtMs.push(clock.nowMs());
        return secrets.read(...call);
      },
    },
    clock,
    budget,
    background: true,
    ttlMs: 3_600_000,
    ...options,
  });
  client.subscribe({
    start(given) {
      sink = given;
      return { stop: async () => undefined };
    },
  });
  onTestFinished(async () => client.close());

  return {
    clock,
    secrets,
    client,
    askedAtMs,
    hear(detail, detailType = "Secret Rotated") {
      const at = new Date().toISOString();
      const body = {
        "detail-type": detailType,
        detail: { secretArn: misledArn, versionId: randomUUID(), at, ...detail },
      };
      const notice = noticeInMessage(JSON.stringify(body));
      if (notice !== undefined) void sink?.notice(notice);
    },
    mostAskedIn20s: () =>
      Math.max(0, ...askedAtMs.map((from) => askedAtMs.filter((at) => at >= from && at < from + 20_000).length)),
    async readFor(ms, meanwhile = () => undefined) {
      const values = new Set<string>();
      const startedAtMs = clock.nowMs();
      let servedAtMs = startedAtMs;
      let longestLossMs = 0;
      const served = (): void => {
        longestLossMs = Math.max(longestLossMs, clock.nowMs() - servedAtMs);
        servedAtMs = clock.nowMs();
      };
      for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
        meanwhile(passedMs);
        client.get(misledArn).then(
          ({ value }) => {
            values.add(value.reveal());
            served();
          },
          () => undefined,
        );
        await clock.advance(stepMs);
      }
      longestLossMs = Math.max(longestLossMs, clock.nowMs() - servedAtMs);
      return { longestLossMs, values };
    },
  };
}
