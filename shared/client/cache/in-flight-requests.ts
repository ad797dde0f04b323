import { RekeyError } from "../../errors/reading-error.ts";
import { checkedAnswer } from "./checked-answer.ts";
import type { Listeners } from "../client-events.ts";
import { type Clock, toSmallInteger } from "../clock.ts";
import {
  type Announced,
  type CachedSecret,
  type InFlightRequest,
  isCurrent,
  isPinned,
  setRequestState,
} from "./cached-secret.ts";
import type { SecretTable } from "./secret-table.ts";
import type { NoticeMemory } from "../invalidation/notice-memory.ts";
import type { Request, Stillness } from "./bounded-request.ts";
import { accountIn } from "../secret-id.ts";
import type { SecretSource, SourceAnswer, SourceVersion } from "../sources/secret-source.ts";
import { servingRule } from "./serving-rules.ts";
import type { Telemetry } from "../telemetry.ts";
import { type NoticeAllowance, noticePeriodMs } from "../invalidation/notice-allowance.ts";
import type { RequestBudget } from "./request-budget.ts";
import { announcedNow, disown, isLate, isNewest, settleVersion } from "./version-floor.ts";

type Asking = (giveUp: AbortSignal, stillness: Stillness) => Promise<SourceAnswer | undefined>;

/** What is served now. Unless it is confirmed, the source is asked again soon. */
interface SettledAnswer {
  readonly answer: SourceAnswer;
  readonly answeredAtMs: number;
  readonly isConfirmed: boolean;
}

/** When a source that lags is asked again, in shares of the lag budget; then at its end. */
const lagShares = [0.05, 0.1, 0.25];

/** The greatest integer that V8 keeps inside an object; a pinned version is served after it, too, a little slower. */
const longestFreshMs = 2 ** 31 - 1;

const firstBackOffMs = 500;
const longestBackOffMs = 30_000;

const lengthOf = (version: SourceVersion | undefined): number => version?.value.length ?? 0;

const isDenied = ({ code }: RekeyError): boolean => servingRule(code).servedFor === "maxDeniedMs";

const notFound = (secret: string, at: CachedSecret["at"]): RekeyError =>
  new RekeyError("secret-not-found", { context: { secret, operation: "read", ...at } });

interface Parts {
  readonly source: SecretSource;
  readonly request: Request;
  readonly table: SecretTable;
  readonly listeners: Listeners;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly closing: AbortSignal;
  readonly budget: RequestBudget;
  readonly allowance: NoticeAllowance;
  readonly notices: Pick<NoticeMemory, "applyTo" | "confirm">;
  readonly lagBudgetMs: number;
  readonly freshMs: () => number;
  /** After that a request belongs to a process that was frozen: its connection and its signature are gone. */
  readonly longestRequestMs: number;
}

/** Requests to the source, one at a time for each entry, and what their answers make of it. */
export class InFlightRequests {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks for the entry; those who ask meanwhile wait for the same answer. */
  request(entry: CachedSecret): Promise<SourceVersion> {
    return this.join(entry, this.#asking(entry));
  }

  /** The same with an answer that comes with those of others. */
  join(entry: CachedSecret, ask: Asking): Promise<SourceVersion> {
    const { clock, closing, longestRequestMs, telemetry } = this.#parts;
    if (closing.aborted) return Promise.reject(this.#endedEarly(entry.secretId));
    const nowMs = clock.nowMs();
    const held = entry.requestState?.inFlight;
    if (held !== undefined && nowMs - held.startedAtMs < longestRequestMs) return held.version;
    held?.abandon();
    const abandoning = new AbortController();
    const giveUp = abandoning.signal;
    const stillness: Stillness = { fromMs: Infinity };
    const isOurs = (): boolean => entry.requestState?.inFlight === inFlight;
    /** Those who waited while the process stood still get what the request finds that took over. */
    const instead = async (): Promise<SourceVersion> => {
      const next = entry.requestState?.inFlight;
      if (closing.aborted || next === undefined) throw this.#endedEarly(entry.secretId);
      return next.version;
    };
    const version = telemetry
      .refresh(entry.secretId, async () => this.#askUntilSettled(entry, ask, giveUp, stillness))
      .then(
        (settled) => {
          if (closing.aborted || !isOurs()) return instead();
          setRequestState(entry, { inFlight: undefined });
          return this.#accept(entry, settled);
        },
        (error: unknown) => {
          if (closing.aborted || !isOurs()) return instead();
          setRequestState(entry, { inFlight: undefined });
          const known = error instanceof RekeyError ? error : this.#endedEarly(entry.secretId);
          this.#fail(entry, known);
          throw known;
        },
      );
    const inFlight: InFlightRequest = { version, startedAtMs: nowMs, stillness, abandon: () => abandoning.abort() };
    setRequestState(entry, { inFlight });
    return version;
  }

  /** The client was closed, or the process was frozen for so long that another request took over. */
  #endedEarly(secret: string): RekeyError {
    return new RekeyError(this.#parts.closing.aborted ? "pool-closed" : "time-budget-spent", { context: { secret } });
  }

  /** A request that a notice caused is counted, each attempt of it. */
  #asking(entry: CachedSecret): Asking {
    const { source, request, allowance, clock } = this.#parts;
    return async (giveUp, stillness) =>
      request(
        entry.secretId,
        async (call) => {
          if (entry.requestState?.announced !== undefined) allowance.spend(entry.secretId, clock.nowMs());
          return checkedAnswer(entry.secretId, await source.read(entry.secretId, entry.at, call));
        },
        giveUp,
        stillness,
      );
  }

  /** A notice takes nothing from those who read other secrets: it asks while there is something left of the budget. */
  #mayAskMore({ secretId }: CachedSecret): boolean {
    const { allowance, budget, clock } = this.#parts;
    return allowance.freeAtMs(secretId) <= clock.nowMs() && budget.requestsLeft >= 1;
  }

  async #askUntilSettled(
    entry: CachedSecret,
    ask: Asking,
    giveUp: AbortSignal,
    stillness: Stillness,
  ): Promise<SettledAnswer> {
    const { clock, lagBudgetMs } = this.#parts;
    const startedAtMs = clock.nowMs();
    for (let tried = 0; ; tried++) {
      const answer = await (tried === 0 ? ask : this.#asking(entry))(giveUp, stillness);
      if (answer === undefined) throw notFound(entry.secretId, entry.at);
      const answeredAtMs = clock.nowMs();
      this.#recognize(entry, answer, answeredAtMs);
      const announced = announcedNow(entry, answeredAtMs);
      const isConfirmed =
        announced === undefined
          ? this.#isConfirmedByItself(entry, answer, answeredAtMs - startedAtMs)
          : this.#isConfirmedBesideNotice(announced, answer);
      if (isConfirmed !== undefined) return { answer, answeredAtMs, isConfirmed };
      const endsAtMs = announced?.untilMs ?? startedAtMs + lagBudgetMs;
      const leftMs = Math.max(0, endsAtMs - answeredAtMs);
      await clock.sleep(Math.min(leftMs, Math.ceil((lagShares[tried] ?? 1) * lagBudgetMs)), giveUp);
      if (entry.requestState?.announced !== undefined && !this.#mayAskMore(entry)) {
        return { answer, answeredAtMs, isConfirmed: false };
      }
    }
  }

  /** The answer tells whose the secret is: notices of another account's secret of that name were not for it. */
  #recognize(entry: CachedSecret, { secretArn }: SourceAnswer, nowMs: number): void {
    entry.account = accountIn(secretArn) ?? entry.account;
    if (!isCurrent(entry)) return;
    disown(entry);
    if (entry.version === undefined) this.#parts.notices.applyTo(entry, nowMs);
  }

  /** Whether the answer is confirmed within the lag budget of a notice. `undefined`: ask again. */
  #isConfirmedBesideNotice(announced: Announced, answer: SourceAnswer): boolean | undefined {
    if (answer.versionId === announced.versionId || isLate(announced, answer)) return true;
    return this.#parts.clock.nowMs() < announced.fromMs ? false : undefined;
  }

  /** The same without a notice, or after its lag budget: the primary is believed. */
  #isConfirmedByItself(entry: CachedSecret, answer: SourceAnswer, askedForMs: number): boolean | undefined {
    const isReplica = answer.fromReplica === true;
    if (isNewest(entry, answer)) return !isReplica || entry.requestState?.announced === undefined;
    if (askedForMs < this.#parts.lagBudgetMs) return undefined;
    // Somebody moved the label back.
    if (!isReplica) return true;
    throw new RekeyError("version-not-visible", {
      context: { secret: entry.secretId, version: entry.version?.versionId },
    });
  }

  /** When an answer that is not confirmed is asked for again. */
  #uncertainUntilMs({ secretId, requestState }: CachedSecret, nowMs: number): number {
    const { fromMs = 0, untilMs = 0 } = requestState?.announced ?? {};
    const askAtMs = nowMs < fromMs && fromMs < untilMs ? fromMs : untilMs;
    return Math.max(nowMs < askAtMs ? askAtMs : nowMs + noticePeriodMs, this.#parts.allowance.freeAtMs(secretId));
  }

  #accept(entry: CachedSecret, { answer, answeredAtMs, isConfirmed }: SettledAnswer): SourceVersion {
    const { clock, freshMs, listeners, notices, table } = this.#parts;
    const before = entry.version;
    const nowMs = clock.nowMs();
    if (isConfirmed) settleVersion(entry, answer.versionId, nowMs);
    if (isConfirmed && isCurrent(entry)) notices.confirm(entry, answer);
    setRequestState(entry, { failure: undefined });
    entry.confirmedAtMs = answeredAtMs;
    const freshUntilMs = answeredAtMs + freshMs();
    entry.freshUntilMs = isPinned(entry)
      ? longestFreshMs
      : toSmallInteger(isConfirmed ? freshUntilMs : Math.min(freshUntilMs, this.#uncertainUntilMs(entry, nowMs)));
    // What is not confirmed takes the place of nothing newer.
    if (before !== undefined && (before.versionId === answer.versionId || !(isConfirmed || isNewest(entry, answer)))) {
      table.settled(0);
      return before;
    }
    const version: SourceVersion = { versionId: answer.versionId, value: answer.value };
    entry.version = version;
    entry.ready = undefined;
    entry.createdAtSeconds = toSmallInteger((answer.createdAt?.getTime() ?? 0) / 1_000);
    entry.parsed = undefined;
    table.settled(lengthOf(version) - lengthOf(before));
    if (before !== undefined && isCurrent(entry)) {
      listeners.emit("rotated", { secretId: entry.secretId, version, previousVersionId: before.versionId });
    }
    return version;
  }

  #fail(entry: CachedSecret, error: RekeyError): void {
    const { clock, listeners, random, table } = this.#parts;
    const nowMs = clock.nowMs();
    const before = entry.requestState?.failure;
    const count = (before?.count ?? 0) + 1;
    const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (count - 1)) * (0.5 + random() / 2);
    const retryAtMs = nowMs + Math.max(backOffMs, error.retryAfterMs ?? 0);
    const deniedAtMs = before?.deniedAtMs ?? (isDenied(error) ? nowMs : undefined);
    setRequestState(entry, { failure: { error, count, retryAtMs, deniedAtMs } });
    table.settled(0);
    if (entry.version !== undefined) {
      listeners.emit("stale", { secretId: entry.secretId, ageMs: nowMs - entry.confirmedAtMs, error });
    }
  }
}
