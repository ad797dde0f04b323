import { RekeyError } from "../../errors/rekey-error.ts";
import { checkedAnswer } from "./checked-answer.ts";
import type { Listeners } from "../client-events.ts";
import { type Clock, compact } from "../clock.ts";
import { type Entry, isCurrent, isPinned, setUnrest } from "./cached-secret.ts";
import type { EntryTable } from "./secret-table.ts";
import type { NoticeMemory } from "../invalidation/notice-memory.ts";
import type { Request, Stillness } from "./bounded-request.ts";
import { accountIn } from "../secret-id.ts";
import type { SecretSource, SourceAnswer, SourceVersion } from "../sources/secret-source.ts";
import { servingRule } from "./serving-rules.ts";
import type { Telemetry } from "../telemetry.ts";
import { type NoticeAllowance, noticePeriodMs } from "../invalidation/notice-allowance.ts";
import type { RequestBudget } from "./request-budget.ts";
import { type Announced, announcedNow, disown, isLate, isNewest, settleVersion } from "./version-floor.ts";

export interface Flights {
  /** Asks for the entry; those who ask meanwhile wait for the same answer. */
  fly(entry: Entry): Promise<SourceVersion>;
  /** The same with an answer that comes with those of others. */
  land(entry: Entry, asking: Asking): Promise<SourceVersion>;
}

type Asking = (giveUp: AbortSignal, stillness: Stillness) => Promise<SourceAnswer | undefined>;

/** What is served now. Unless it is confirmed, the source is asked again soon. */
interface Finding {
  readonly answer: SourceAnswer;
  readonly answeredAtMs: number;
  readonly isConfirmed: boolean;
}

/** When a source that lags is asked again, in shares of the lag budget; then at its end. */
const lagShares = [0.05, 0.1, 0.25];

/** The greatest integer that V8 keeps inside an object; a pinned version is served after it, too, a little slower. */
const longestQuietMs = 2 ** 31 - 1;

const firstBackOffMs = 500;
const longestBackOffMs = 30_000;

const lengthOf = (version: SourceVersion | undefined): number => version?.value.length ?? 0;

const isDenied = ({ code }: RekeyError): boolean => servingRule(code).servedFor === "maxDeniedMs";

const notFound = (secret: string, at: Entry["at"]): RekeyError =>
  new RekeyError("secret-not-found", { context: { secret, operation: "read", ...at } });

export function flights(options: {
  readonly source: SecretSource;
  readonly request: Request;
  readonly table: EntryTable;
  readonly listeners: Listeners;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly closing: AbortSignal;
  readonly budget: RequestBudget;
  readonly allowance: NoticeAllowance;
  readonly notices: NoticeMemory;
  readonly lagBudgetMs: number;
  readonly quietMs: () => number;
  /** After that a flight belongs to a process that was frozen: its connection and its signature are gone. */
  readonly longestFlightMs: number;
}): Flights {
  const { source, request, table, listeners, telemetry, clock, random, closing, budget, allowance, lagBudgetMs } =
    options;

  /** A request that a notice caused is counted, each attempt of it. */
  const read = async (entry: Entry, giveUp: AbortSignal, stillness: Stillness): Promise<SourceAnswer | undefined> =>
    request(
      entry.secretId,
      async (call) => {
        if (entry.unrest?.announced !== undefined) allowance.spend(entry.secretId, clock.nowMs());
        return checkedAnswer(entry.secretId, await source.read(entry.secretId, entry.at, call));
      },
      giveUp,
      stillness,
    );

  /** A notice takes nothing from those who read other secrets: it asks while there is something left of the budget. */
  const mayAskMore = ({ secretId }: Entry): boolean =>
    allowance.freeAtMs(secretId) <= clock.nowMs() && budget.requestsLeft >= 1;

  /** Whether the answer is confirmed within the lag budget of a notice. `undefined`: ask again. */
  function besideNotice(announced: Announced, answer: SourceAnswer): boolean | undefined {
    if (answer.versionId === announced.versionId || isLate(announced, answer)) return true;
    return clock.nowMs() < announced.fromMs ? false : undefined;
  }

  /** The same without a notice, or after its lag budget: the primary is believed. */
  function byItself(entry: Entry, answer: SourceAnswer, askedForMs: number): boolean | undefined {
    const isReplica = answer.fromReplica === true;
    if (isNewest(entry, answer)) return !isReplica || entry.unrest?.announced === undefined;
    if (askedForMs < lagBudgetMs) return undefined;
    // Somebody moved the label back.
    if (!isReplica) return true;
    throw new RekeyError("version-not-visible", {
      context: { secret: entry.secretId, version: entry.version?.versionId },
    });
  }

  /** The answer tells whose the secret is: notices of another account's secret of that name were not for it. */
  function recognize(entry: Entry, { secretArn }: SourceAnswer, nowMs: number): void {
    entry.account = accountIn(secretArn) ?? entry.account;
    if (!isCurrent(entry)) return;
    disown(entry);
    if (entry.version === undefined) options.notices.remind(entry, nowMs);
  }

  async function askUntilSettled(
    entry: Entry,
    ask: Asking,
    giveUp: AbortSignal,
    stillness: Stillness,
  ): Promise<Finding> {
    const startedAtMs = clock.nowMs();
    for (let tried = 0; ; tried++) {
      const answer = await (tried === 0 ? ask : read.bind(undefined, entry))(giveUp, stillness);
      if (answer === undefined) throw notFound(entry.secretId, entry.at);
      const answeredAtMs = clock.nowMs();
      recognize(entry, answer, answeredAtMs);
      const announced = announcedNow(entry, answeredAtMs);
      const isConfirmed =
        announced === undefined ? byItself(entry, answer, answeredAtMs - startedAtMs) : besideNotice(announced, answer);
      if (isConfirmed !== undefined) return { answer, answeredAtMs, isConfirmed };
      const endsAtMs = announced?.untilMs ?? startedAtMs + lagBudgetMs;
      const leftMs = Math.max(0, endsAtMs - answeredAtMs);
      await clock.sleep(Math.min(leftMs, Math.ceil((lagShares[tried] ?? 1) * lagBudgetMs)), giveUp);
      if (entry.unrest?.announced !== undefined && !mayAskMore(entry)) {
        return { answer, answeredAtMs, isConfirmed: false };
      }
    }
  }

  /** When an answer that is not confirmed is asked for again. */
  function uncertainUntilMs({ secretId, unrest }: Entry, nowMs: number): number {
    const { fromMs = 0, untilMs = 0 } = unrest?.announced ?? {};
    const askAtMs = nowMs < fromMs && fromMs < untilMs ? fromMs : untilMs;
    return Math.max(nowMs < askAtMs ? askAtMs : nowMs + noticePeriodMs, allowance.freeAtMs(secretId));
  }

  function adopt(entry: Entry, { answer, answeredAtMs, isConfirmed }: Finding): SourceVersion {
    const before = entry.version;
    const nowMs = clock.nowMs();
    if (isConfirmed) settleVersion(entry, answer.versionId, nowMs);
    if (isConfirmed && isCurrent(entry)) options.notices.confirm(entry, answer);
    setUnrest(entry, { failure: undefined });
    entry.checkedAtMs = answeredAtMs;
    const quietUntilMs = answeredAtMs + options.quietMs();
    entry.quietUntilMs = isPinned(entry)
      ? longestQuietMs
      : compact(isConfirmed ? quietUntilMs : Math.min(quietUntilMs, uncertainUntilMs(entry, nowMs)));
    // What is not confirmed takes the place of nothing newer.
    if (before !== undefined && (before.versionId === answer.versionId || !(isConfirmed || isNewest(entry, answer)))) {
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

  function land(entry: Entry, ask: Asking): Promise<SourceVersion> {
    if (closing.aborted) return Promise.reject(endedEarly(entry.secretId));
    const nowMs = clock.nowMs();
    const held = entry.unrest?.flight;
    if (held !== undefined && nowMs - held.startedAtMs < options.longestFlightMs) return held.version;
    held?.abandon();
    const abandoning = new AbortController();
    const giveUp = abandoning.signal;
    const stillness: Stillness = { fromMs: Number.POSITIVE_INFINITY };
    const isOurs = (): boolean => entry.unrest?.flight === flight;
    /** Those who waited while the process stood still get what the flight finds that took over. */
    const instead = async (): Promise<SourceVersion> => {
      const next = entry.unrest?.flight;
      if (closing.aborted || next === undefined) throw endedEarly(entry.secretId);
      return next.version;
    };
    const version = telemetry
      .flight(entry.secretId, async () => askUntilSettled(entry, ask, giveUp, stillness))
      .then(
        (finding) => {
          if (closing.aborted || !isOurs()) return instead();
          setUnrest(entry, { flight: undefined });
          return adopt(entry, finding);
        },
        (error: unknown) => {
          if (closing.aborted || !isOurs()) return instead();
          setUnrest(entry, { flight: undefined });
          const known = error instanceof RekeyError ? error : endedEarly(entry.secretId);
          fail(entry, known);
          throw known;
        },
      );
    const flight = { version, startedAtMs: nowMs, stillness, abandon: () => abandoning.abort() };
    setUnrest(entry, { flight });
    return version;
  }

  /** The client was closed, or the process was frozen for so long that another flight took over. */
  const endedEarly = (secret: string): RekeyError =>
    new RekeyError(closing.aborted ? "pool-closed" : "time-budget-spent", { context: { secret } });

  return {
    fly: (entry) => land(entry, read.bind(undefined, entry)),
    land,
  };
}
