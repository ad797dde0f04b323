import {
  type Announced,
  type CachedSecret,
  type FloorWindow,
  isCurrent,
  setRequestState,
  type VersionHistory,
} from "./cached-secret.ts";
import { clockSkewMs, type DatedNotice } from "../invalidation/rotation-notice.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";

const remembered = 20;
const doubtMs = 3_600_000;
const nothing: VersionHistory = { noticeAtMs: 0, replaced: new Set(), disproved: new Map(), doubtedUntilMs: 0 };

/** Whether the notice is older than what is known, repeats it, or was found to be false. */
function isKnown(
  { version, createdAtSeconds, requestState }: CachedSecret,
  { versionId, atMs, timed }: DatedNotice,
): boolean {
  const { noticeAtMs, replaced, disproved } = requestState?.history ?? nothing;
  if (versionId === requestState?.announced?.versionId || versionId === version?.versionId) return true;
  const disprovedAtMs = disproved.get(versionId);
  if (disprovedAtMs !== undefined && (!timed || atMs <= disprovedAtMs)) return true;
  const madeAtMs = createdAtSeconds * 1_000;
  // A label that is moved back is moved later than the version that it leaves was made.
  if (replaced.has(versionId) && (!timed || atMs < madeAtMs + clockSkewMs)) return true;
  return timed && (atMs < noticeAtMs || atMs < madeAtMs);
}

/** Whether notices of the secret withhold nothing: one was false, or nobody has looked yet whether it is. */
export function isDoubted({ requestState }: CachedSecret, nowMs: number): boolean {
  const { announced, history } = requestState ?? {};
  const isOpen = announced !== undefined && announced.wasTrue !== true && nowMs >= announced.untilMs;
  return isOpen || nowMs < (history?.doubtedUntilMs ?? 0);
}

/** The notice that is still within its lag budget. */
export function announcedNow({ requestState }: CachedSecret, nowMs: number): Announced | undefined {
  const announced = requestState?.announced;
  return announced !== undefined && nowMs < announced.untilMs ? announced : undefined;
}

/** Takes note of a notice. `false`: it says nothing new. A notice that comes within another's lag budget shares it. */
export function announce(entry: CachedSecret, notice: DatedNotice, window: FloorWindow, nowMs: number): boolean {
  const shared = announcedNow(entry, nowMs);
  if (isKnown(entry, notice) || notice.atMs < (shared?.atMs ?? 0)) return false;
  const announced: Announced = {
    ...notice,
    fromMs: Math.min(window.fromMs, shared?.fromMs ?? window.fromMs),
    untilMs: shared?.untilMs ?? window.untilMs,
  };
  setRequestState(entry, { announced });
  return true;
}

/** Drops what was announced of a secret of this name in another account. */
export function disown(entry: CachedSecret): void {
  const { account } = entry.requestState?.announced ?? {};
  if (account === undefined || entry.account === undefined || account === entry.account) return;
  setRequestState(entry, { announced: undefined });
}

/** Whether the cached version is one that an event said is replaced, within the lag budget. */
export function isBelowFloor(entry: CachedSecret, nowMs: number): boolean {
  const announced = announcedNow(entry, nowMs);
  return announced !== undefined && nowMs >= announced.fromMs && entry.version?.versionId !== announced.versionId;
}

/** Whole seconds since 1970, which are enough to order rotations; a version without a time counts as new. */
const secondsOf = (time: Date | undefined): number =>
  time === undefined ? Number.MAX_VALUE : Math.floor(time.getTime() / 1_000);

/** Whether the answer is not older than what was read before. */
export function isNewest(entry: CachedSecret, { versionId, createdAt }: SourceAnswer): boolean {
  const { version, createdAtSeconds, requestState } = entry;
  if (!isCurrent(entry) || versionId === version?.versionId) return true;
  if (requestState?.history?.replaced.has(versionId) === true) return false;
  return createdAtSeconds === 0 || secondsOf(createdAt) >= createdAtSeconds;
}

/** Whether the notice is about something that came before this version was made. */
export const isLate = ({ timed, atMs }: DatedNotice, { createdAt }: SourceAnswer): boolean =>
  timed && createdAt !== undefined && atMs < createdAt.getTime();

const newestOf = <Item>(items: Iterable<Item>): Item[] => [...items].slice(-remembered);

/** The source is believed that this version is current: what was announced has come true, or is disproved. */
export function settleVersion(entry: CachedSecret, versionId: string, nowMs: number): void {
  const { announced, history = nothing } = entry.requestState ?? {};
  const heldId = entry.version?.versionId;
  if (!isCurrent(entry) || (announced === undefined && (heldId === undefined || heldId === versionId))) return;
  const cameTrue = announced?.versionId === versionId;
  const isFalse = announced !== undefined && !cameTrue && announced.wasTrue !== true && nowMs >= announced.untilMs;
  const replaced = new Set(history.replaced);
  for (const id of [cameTrue ? announced.previousVersionId : undefined, heldId]) if (id !== undefined) replaced.add(id);
  replaced.delete(versionId);
  const disproved = new Map(history.disproved);
  disproved.delete(versionId);
  if (isFalse) disproved.set(announced.versionId, announced.atMs);
  setRequestState(entry, {
    announced: undefined,
    history: {
      noticeAtMs: cameTrue ? Math.max(history.noticeAtMs, announced.atMs) : history.noticeAtMs,
      replaced: new Set(newestOf(replaced)),
      disproved: new Map(newestOf(disproved)),
      doubtedUntilMs: isFalse ? nowMs + doubtMs : history.doubtedUntilMs,
    },
  });
}
