import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import type { Listeners } from "./client-events.ts";
import { type Clock, compact } from "./clock.ts";
import { type Entry, isCurrent, isPinned, setUnrest } from "./entry.ts";
import type { EntryTable } from "./entry-table.ts";
import type { Request } from "./requests.ts";
import type { SecretSource, SourceAnswer, SourceVersion } from "./secret-source.ts";
import type { Telemetry } from "./telemetry.ts";
import { announcedFloor, isAnswerCurrent, isFloorAnnounced, isNewest, settleFloor } from "./version-floor.ts";

export interface Flights {
  /** Asks for the entry; those who ask meanwhile wait for the same answer. */
  fly(entry: Entry): Promise<SourceVersion>;
  /** The same with an answer that comes with those of others. */
  land(entry: Entry, asking: (giveUp: AbortSignal) => Promise<SourceAnswer | undefined>): Promise<SourceVersion>;
}

/** A replica may lag behind an event; this often it is asked again, 4 s in all. */
const laggingTries = 6;
const firstLagWaitMs = 60;

/** The greatest integer that V8 keeps inside an object; a pinned version is served after it, too, a little slower. */
const longestQuietMs = 2 ** 31 - 1;

const firstBackOffMs = 500;
const longestBackOffMs = 30_000;

const lengthOf = (version: SourceVersion | undefined): number => version?.value.reveal().length ?? 0;

const isDenied = (error: RekeyError): boolean =>
  isRekeyError(error, "access-denied") || isRekeyError(error, "mirror-unauthorized");

const notFound = (secret: string, at: Entry["at"]): RekeyError =>
  new RekeyError("secret-not-found", { context: { secret, ...at } });

export function flights(options: {
  readonly source: SecretSource;
  readonly request: Request;
  readonly table: EntryTable;
  readonly listeners: Listeners;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly closing: AbortSignal;
  readonly quietMs: () => number;
  /** After that a flight belongs to a process that was frozen: its connection and its signature are gone. */
  readonly longestFlightMs: number;
}): Flights {
  const { source, request, table, listeners, telemetry, clock, random, closing } = options;

  const read = async (entry: Entry, at: Entry["at"], giveUp: AbortSignal): Promise<SourceAnswer | undefined> =>
    request(entry.secretId, async (call) => source.read(entry.secretId, at, call), giveUp);

  /** The answer, or the announced version where that is newer; `undefined`: the source lags behind what is known. */
  async function newestOf(entry: Entry, answer: SourceAnswer, giveUp: AbortSignal): Promise<SourceAnswer | undefined> {
    if (isNewest(entry, answer, clock.nowMs())) return answer;
    const floor = announcedFloor(entry, clock.nowMs());
    if (floor === undefined) return undefined;
    const announced = await read(entry, { versionId: floor.versionId }, giveUp);
    if (announced === undefined) return undefined;
    const newest = isAnswerCurrent(floor, answer, announced) ? answer : announced;
    // Another event may have come meanwhile.
    return announcedFloor(entry, clock.nowMs()) === floor ? newest : undefined;
  }

  async function askUntilNewest(
    entry: Entry,
    ask: (giveUp: AbortSignal) => Promise<SourceAnswer | undefined>,
    giveUp: AbortSignal,
  ): Promise<SourceAnswer> {
    for (let tried = 1; ; tried++) {
      const answer = await (tried === 1 ? ask(giveUp) : read(entry, entry.at, giveUp));
      if (answer === undefined) throw notFound(entry.secretId, entry.at);
      const newest = await newestOf(entry, answer, giveUp);
      if (newest !== undefined) return newest;
      if (tried === laggingTries) {
        // No event bears the newer version and the primary insists: somebody moved the label back.
        if (!isFloorAnnounced(entry, clock.nowMs()) && answer.fromReplica !== true) return answer;
        throw new RekeyError("version-not-visible", {
          context: { secret: entry.secretId, version: entry.unrest?.floor?.versionId },
        });
      }
      await clock.sleep(firstLagWaitMs * 2 ** (tried - 1), giveUp);
    }
  }

  function adopt(entry: Entry, answer: SourceAnswer): SourceVersion {
    const before = entry.version;
    settleFloor(entry, answer.versionId);
    setUnrest(entry, { failure: undefined });
    entry.checkedAtMs = clock.nowMs();
    entry.quietUntilMs = isPinned(entry) ? longestQuietMs : compact(entry.checkedAtMs + options.quietMs());
    if (before?.versionId === answer.versionId) {
      table.settled(0);
      return before;
    }
    const version: SourceVersion = { versionId: answer.versionId, value: answer.value };
    entry.version = version;
    entry.ready = undefined;
    entry.createdAtSeconds = compact((answer.createdAt?.getTime() ?? 0) / 1_000);
    entry.parsed = undefined;
    table.settled(lengthOf(version) - lengthOf(before));
    if (before !== undefined && isCurrent(entry)) {
      listeners.emit("rotated", { secretId: entry.secretId, version, previousVersionId: before.versionId });
    }
    return version;
  }

  function fail(entry: Entry, error: RekeyError): void {
    const nowMs = clock.nowMs();
    const before = entry.unrest?.failure;
    const count = (before?.count ?? 0) + 1;
    const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (count - 1)) * (0.5 + random() / 2);
    const retryAtMs = nowMs + Math.max(backOffMs, error.retryAfterMs ?? 0);
    const deniedAtMs = before?.deniedAtMs ?? (isDenied(error) ? nowMs : undefined);
    setUnrest(entry, { failure: { error, count, retryAtMs, deniedAtMs } });
    table.settled(0);
    if (entry.version !== undefined) {
      listeners.emit("stale", { secretId: entry.secretId, ageMs: nowMs - entry.checkedAtMs, error });
    }
  }

  function land(entry: Entry, ask: (giveUp: AbortSignal) => Promise<SourceAnswer | undefined>): Promise<SourceVersion> {
    if (closing.aborted) return Promise.reject(endedEarly(entry.secretId));
    const nowMs = clock.nowMs();
    const held = entry.unrest?.flight;
    if (held !== undefined && nowMs - held.startedAtMs < options.longestFlightMs) return held.version;
    held?.abandon();
    const abandoning = new AbortController();
    const giveUp = abandoning.signal;
    const isOurs = (): boolean => entry.unrest?.flight === flight;
    const version = telemetry
      .flight(entry.secretId, async () => askUntilNewest(entry, ask, giveUp))
      .then(
        (answer) => {
          if (closing.aborted || !isOurs()) throw endedEarly(entry.secretId);
          setUnrest(entry, { flight: undefined });
          return adopt(entry, answer);
        },
        (error: unknown) => {
          if (closing.aborted || !isOurs() || !(error instanceof RekeyError)) throw endedEarly(entry.secretId);
          setUnrest(entry, { flight: undefined });
          fail(entry, error);
          throw error;
        },
      );
    const flight = { version, startedAtMs: nowMs, abandon: () => abandoning.abort() };
    setUnrest(entry, { flight });
    return version;
  }

  /** The client was closed, or the process was frozen for so long that another flight took over. */
  const endedEarly = (secret: string): RekeyError =>
    new RekeyError(closing.aborted ? "pool-closed" : "time-budget-spent", { context: { secret } });

  return {
    fly: (entry) => land(entry, async (giveUp) => read(entry, entry.at, giveUp)),
    land,
  };
}
