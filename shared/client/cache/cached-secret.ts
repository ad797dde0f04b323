import type { RekeyError } from "../../errors/reading-error.ts";
import type { ParsedJson } from "./json-value.ts";
import type { Stillness } from "./bounded-request.ts";
import type { SourceSelector, SourceVersion } from "../sources/secret-source.ts";
import type { DatedNotice } from "../invalidation/rotation-notice.ts";

/** One request for an entry, shared by all who wait for it. */
export interface InFlightRequest {
  readonly version: Promise<SourceVersion>;
  readonly startedAtMs: number;
  readonly stillness: Stillness;
  abandon(): void;
}

/** Why the newest request failed, and when the next one may be made. */
export interface Failure {
  readonly error: RekeyError;
  readonly count: number;
  readonly retryAtMs: number;
  /** When the source first said access denied without having given a value since. */
  readonly deniedAtMs: number | undefined;
}

/** When a notice counts. */
export interface FloorWindow {
  /** From then on the value that it replaces is withheld until the source was asked. `Infinity`: it is served meanwhile. */
  readonly fromMs: number;
  /** The end of the lag budget: from then on the source is believed, whatever the notice said. */
  readonly untilMs: number;
}

/** A notice that the source has neither shown to be true nor contradicted after the lag budget. */
export interface Announced extends DatedNotice, FloorWindow {}

/** What the source and its events have taught about a secret. */
export interface VersionHistory {
  /** The time of the newest notice that came true. */
  readonly noticeAtMs: number;
  /** The versions that were current before. */
  readonly replaced: ReadonlySet<string>;
  /** Announced versions that the source did not confirm, by the time of their notice. */
  readonly disproved: ReadonlyMap<string, number>;
  /** Until then a notice makes the client ask, and withholds nothing: somebody has announced what is not so. */
  readonly doubtedUntilMs: number;
}

/** `freshUntilMs` of an entry that must be asked for before it is served. */
export const invalidated = -1;

/** What only a request, a failure or a rotation needs of an entry. */
export interface RequestState {
  readonly inFlight?: InFlightRequest | undefined;
  readonly failure?: Failure | undefined;
  readonly announced?: Announced | undefined;
  readonly history?: VersionHistory | undefined;
}

export const current: SourceSelector = { label: "AWSCURRENT" };

/** AWSCURRENT of a secret in the cache, with as few fields as ten thousand of them ask for. */
export class CachedSecret {
  version: SourceVersion | undefined = undefined;
  /** The version as a settled promise, so that a warm read makes none. */
  ready: Promise<SourceVersion> | undefined = undefined;
  /** Until then a read has nothing to think about. */
  freshUntilMs = invalidated;
  /** The number of the newest read. */
  usedAt = 0;
  parsed: ParsedJson | undefined = undefined;
  /** When the source last gave this version. */
  confirmedAtMs = 0;
  /** Whose it is by the source's answer, such as `aws:123456789012`: one text for all of an account. */
  account: string | undefined = undefined;
  /** In seconds since 1970, by the source's clock; 0 when it is not known. */
  createdAtSeconds = 0;
  requestState: RequestState | undefined = undefined;
  readonly secretId: string;

  constructor(secretId: string) {
    this.secretId = secretId;
  }

  get at(): SourceSelector {
    return current;
  }
}

/** Another stage of a secret, or one version of it. */
export class CachedVersion extends CachedSecret {
  readonly #at: SourceSelector;

  constructor(secretId: string, at: SourceSelector) {
    super(secretId);
    this.#at = at;
  }

  override get at(): SourceSelector {
    return this.#at;
  }
}

/** Nothing is kept of requests, failures and notices that are over. */
export function setRequestState(entry: CachedSecret, change: RequestState): void {
  const state = { ...entry.requestState, ...change };
  entry.requestState = Object.values(state).some(Boolean) ? state : undefined;
}

export const isCurrent = ({ at }: CachedSecret): boolean => at === current;
/** A version by its id never changes, so it never expires. */
export const isPinned = ({ at }: CachedSecret): boolean => "versionId" in at;

/**
 * AWSCURRENT stands under the id itself: that is the read that must be fast. No id holds a NUL, and what stands after the
 * first one begins with its kind, so that no label can be made to look like a version.
 */
export const keyOf = (secretId: string, at: SourceSelector): string => {
  if (at === current) return secretId;
  return "label" in at ? `${secretId}\0label ${at.label}` : `${secretId}\0version ${at.versionId}`;
};
