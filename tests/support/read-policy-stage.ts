import {
  CachedSecret,
  type Failure,
  setRequestState,
  type RequestState,
} from "../../shared/client/cache/cached-secret.ts";
import type { InFlightRequests } from "../../shared/client/cache/in-flight-requests.ts";
import { ReadPolicy } from "../../shared/client/cache/read-policy.ts";
import { type ClientEvents, createListeners } from "../../shared/client/client-events.ts";
import { type SecretClientOptions, settingsOf } from "../../shared/client/client-options.ts";
import type { SourceVersion } from "../../shared/client/sources/secret-source.ts";
import { type Counts, noCounts } from "../../shared/client/telemetry.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";

export const held: SourceVersion = { versionId: "held", value: new SecretValue("one") };
export const denied = new RekeyError("access-denied");
export const ttlMs = 1_000;
export const maxStaleMs = 10_000;
const never = Number.POSITIVE_INFINITY;

export const failed = (more: Partial<Failure> = {}): RequestState => ({
  failure: { error: denied, count: 1, retryAtMs: 0, deniedAtMs: undefined, ...more },
});

export const inFlight = (fromMs = never, version = new Promise<SourceVersion>(() => undefined)): RequestState => ({
  inFlight: { version, startedAtMs: 0, stillness: { fromMs }, abandon: () => undefined },
});

/** Policies by a clock of their own, with the requests that they ask for in the test's hands. */
export interface ReadPolicyStage {
  readonly clock: ManualClock;
  readonly counts: Counts;
  readonly told: readonly ClientEvents["error"][];
  /** Requests that were made, each with its end. */
  readonly flown: readonly PromiseWithResolvers<SourceVersion>[];
  readonly inFlightRequests: Pick<InFlightRequests, "request">;
  made(options?: Partial<SecretClientOptions>): ReadPolicy;
  /** An entry whose value was confirmed now, and is due. */
  due(requestState?: RequestState, entry?: CachedSecret): CachedSecret;
  /** Of an event that says what is current from now on. */
  announced(versionId: string): RequestState;
}

export function readPolicyStage(): ReadPolicyStage {
  const clock = manualClock();
  const counts = noCounts();
  const told: ClientEvents["error"][] = [];
  const flown: PromiseWithResolvers<SourceVersion>[] = [];
  const inFlightRequests: ReadPolicyStage["inFlightRequests"] = {
    async request(entry) {
      const underWay = entry.requestState?.inFlight;
      if (underWay !== undefined) return underWay.version;
      const started = Promise.withResolvers<SourceVersion>();
      flown.push(started);
      setRequestState(entry, inFlight(never, started.promise));
      return started.promise;
    },
  };
  return {
    clock,
    counts,
    told,
    flown,
    inFlightRequests,
    made(options) {
      const all = createListeners();
      all.on("error", (failure) => told.push(failure));
      const source = { read: async () => undefined };
      const settings = settingsOf({
        source,
        clock,
        ttlMs,
        maxStaleMs,
        maxDeniedMs: 2_000,
        background: true,
        ...options,
      });
      return new ReadPolicy({ settings, inFlightRequests, listeners: all, counts });
    },
    due(requestState = {}, entry = new CachedSecret("a")) {
      Object.assign(entry, { version: held, confirmedAtMs: clock.nowMs(), freshUntilMs: clock.nowMs() });
      setRequestState(entry, requestState);
      return entry;
    },
    announced(versionId) {
      const [fromMs, untilMs] = [clock.nowMs(), clock.nowMs() + 4_000];
      return { announced: { versionId, atMs: 0, timed: true, account: undefined, fromMs, untilMs } };
    },
  };
}
