import { type Entry, isCurrent, setUnrest } from "./entry.ts";
import type { SourceAnswer } from "./secret-source.ts";

/** What an event says: which version is current now. */
export interface RotationNotice {
  readonly versionId: string;
  readonly previousVersionId?: string;
  /** When it became current, since 1970: of two notices the later one counts. Without it they must come in order. */
  readonly atMs?: number;
}

/** A notice without a time counts from when it came. */
export interface DatedNotice extends RotationNotice {
  readonly atMs: number;
  readonly timed: boolean;
}

export const dated = (notice: RotationNotice): DatedNotice => ({
  ...notice,
  atMs: notice.atMs ?? Date.now(),
  timed: notice.atMs !== undefined,
});

/** When a notice counts: from `fromMs` on for what is cached already, at once for what is read. */
export interface FloorWindow {
  readonly fromMs: number;
  /** An event that names a version which never appears must not stop a service for good. */
  readonly untilMs: number;
}

/** The oldest version that may be served, once it is known that there was a rotation. */
export interface VersionFloor extends FloorWindow {
  readonly versionId: string;
  /** Whether the version was read. Until then it is known from an event only. */
  readonly seen: boolean;
  readonly noticeAtMs: number | undefined;
  /** Whether the notice had a time: then it is believed also where it names a version that was made earlier. */
  readonly timed: boolean;
  readonly replaced: ReadonlySet<string>;
}

const rememberedReplaced = 20;

function withReplaced(floor: VersionFloor | undefined, ids: readonly (string | undefined)[], now: string): Set<string> {
  const replaced = new Set(floor?.replaced);
  for (const id of ids) if (id !== undefined) replaced.add(id);
  replaced.delete(now);
  return new Set([...replaced].slice(-rememberedReplaced));
}

/** Raises the floor. `false`: the notice is a repetition or older than what is known. */
export function raiseFloor(
  entry: Entry,
  { versionId, previousVersionId, atMs, timed }: DatedNotice,
  window: FloorWindow,
): boolean {
  const { version, unrest } = entry;
  const floor = unrest?.floor;
  const seen = versionId === version?.versionId;
  const noticed = { noticeAtMs: atMs, timed };
  if (versionId === floor?.versionId) {
    // What was read is now borne by an event, too.
    if (floor.seen) setUnrest(entry, { floor: { ...floor, ...window, ...noticed } });
    return false;
  }
  if (atMs < (floor?.noticeAtMs ?? 0) || (!timed && floor?.replaced.has(versionId) === true)) return false;
  const replaced = withReplaced(floor, [previousVersionId, version?.versionId, floor?.versionId], versionId);
  setUnrest(entry, { floor: { versionId, seen, ...noticed, ...window, replaced } });
  return !seen;
}

/** The version that was read is the newest known: nothing older is taken after it. */
export function settleFloor(entry: Entry, versionId: string): void {
  const { version, unrest } = entry;
  const floor = unrest?.floor;
  const isFirst = version === undefined && floor === undefined;
  if (!isCurrent(entry) || isFirst || (floor === undefined && version?.versionId === versionId)) return;
  const { noticeAtMs, timed = false, fromMs = 0, untilMs = 0 } = floor ?? {};
  const replaced = withReplaced(floor, [version?.versionId, floor?.versionId], versionId);
  setUnrest(entry, { floor: { versionId, seen: true, noticeAtMs, timed, fromMs, untilMs, replaced } });
}

/** Whether the cached version is one that an event said is replaced. */
export function isBelowFloor({ unrest, version }: Entry, nowMs: number): boolean {
  const floor = unrest?.floor;
  if (floor === undefined || floor.seen || version?.versionId === floor.versionId) return false;
  return nowMs >= floor.fromMs && nowMs < floor.untilMs;
}

/** The floor, where an event announced it and it was not read yet. */
export function announcedFloor({ unrest }: Entry, nowMs: number): VersionFloor | undefined {
  const floor = unrest?.floor;
  return floor !== undefined && !floor.seen && nowMs < floor.untilMs ? floor : undefined;
}

/** The sender's clock and the source's may differ by as much. */
const clockSkewMs = 60_000;

/**
 * Which of the two is current: the source's answer, or the announced version, made before it. The label was moved back only
 * where the event came well after the answer's version was made; otherwise the event is late.
 */
export function isAnswerCurrent(floor: VersionFloor, answer: SourceAnswer, announced: SourceAnswer): boolean {
  const { createdAt } = answer;
  if (createdAt === undefined || announced.createdAt === undefined || createdAt <= announced.createdAt) return false;
  return !floor.timed || (floor.noticeAtMs ?? 0) < createdAt.getTime() + clockSkewMs;
}

/** Whether events bear the floor: then even a primary that insists on an older version is not believed. */
export const isFloorAnnounced = ({ unrest }: Entry, nowMs: number): boolean => nowMs < (unrest?.floor?.untilMs ?? 0);

/** Whole seconds since 1970, which are enough to order rotations; a version without a time counts as new. */
const secondsOf = (time: Date | undefined): number =>
  time === undefined ? Number.MAX_VALUE : Math.floor(time.getTime() / 1_000);

/** Whether the answer may be taken as it is; otherwise it is older than what is known, or only the announced version can tell. */
export function isNewest(entry: Entry, { versionId, createdAt }: SourceAnswer, nowMs: number): boolean {
  const { version, createdAtSeconds, unrest } = entry;
  const floor = unrest?.floor;
  const lapsed = floor !== undefined && !floor.seen && nowMs >= floor.untilMs;
  if (!isCurrent(entry) || lapsed || versionId === (floor?.versionId ?? version?.versionId)) return true;
  if (floor !== undefined && (!floor.seen || floor.replaced.has(versionId))) return false;
  return createdAtSeconds === 0 || secondsOf(createdAt) >= createdAtSeconds;
}
