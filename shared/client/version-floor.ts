import { type Entry, isCurrent, setUnrest } from "./entry.ts";
import type { SourceAnswer } from "./secret-source.ts";

/** What an event says: which version is current now. */
export interface RotationNotice {
  readonly versionId: string;
  readonly previousVersionId?: string;
  /** When it became current, by the sender's clock: of two notices the later one counts, in whatever order they come. */
  readonly atMs?: number;
}

/** The oldest version that may be served, once it is known that there was a rotation. */
export interface VersionFloor {
  readonly versionId: string;
  /** From an event; otherwise from the newest version that was read. */
  readonly announced: boolean;
  readonly noticeAtMs: number | undefined;
  /** From then on the floor holds for what is cached, too. */
  readonly fromMs: number;
  /** An event that names a version which never appears must not stop a service for good. */
  readonly untilMs: number;
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
  { versionId, previousVersionId, atMs }: RotationNotice,
  during: { readonly fromMs: number; readonly untilMs: number },
): boolean {
  const { version, unrest } = entry;
  const floor = unrest?.floor;
  if (versionId === (floor?.versionId ?? version?.versionId)) return false;
  const knownAtMs = floor?.noticeAtMs;
  const ordered = atMs !== undefined && knownAtMs !== undefined;
  if (ordered ? atMs < knownAtMs : floor?.replaced.has(versionId) === true) return false;
  const replaced = withReplaced(floor, [previousVersionId, version?.versionId, floor?.versionId], versionId);
  setUnrest(entry, { floor: { versionId, announced: true, noticeAtMs: atMs, ...during, replaced } });
  return true;
}

/** The version that was read is the newest known: nothing older is taken after it. */
export function settleFloor(entry: Entry, versionId: string): void {
  const { version, unrest } = entry;
  const floor = unrest?.floor;
  if (version?.versionId === versionId && (floor === undefined || floor.versionId === versionId)) {
    if (floor?.announced === true) setUnrest(entry, { floor: { ...floor, announced: false } });
    return;
  }
  if (!isCurrent(entry) || (version === undefined && floor === undefined)) return;
  const replaced = withReplaced(floor, [version?.versionId, floor?.versionId], versionId);
  const noticeAtMs = floor?.noticeAtMs;
  setUnrest(entry, { floor: { versionId, announced: false, noticeAtMs, fromMs: 0, untilMs: 0, replaced } });
}

/** Whether the cached version is one that an event said is replaced. */
export function isBelowFloor({ unrest, version }: Entry, nowMs: number): boolean {
  const floor = unrest?.floor;
  if (floor === undefined || !floor.announced || version?.versionId === floor.versionId) return false;
  return nowMs >= floor.fromMs && nowMs < floor.untilMs;
}

/** Whole seconds since 1970, which are enough to order rotations; a version without a time counts as new. */
const secondsOf = (time: Date | undefined): number =>
  time === undefined ? Number.MAX_VALUE : Math.floor(time.getTime() / 1_000);

/** `compare`: only the creation time of the announced version, which was not read yet, can tell. */
export type Verdict = "newest" | "older" | "compare";

export function judge(entry: Entry, { versionId, createdAt }: SourceAnswer, nowMs: number): Verdict {
  if (!isCurrent(entry)) return "newest";
  const { version, createdAtSeconds, unrest } = entry;
  const over = unrest?.floor?.announced === true && nowMs >= unrest.floor.untilMs;
  if (over) setUnrest(entry, { floor: undefined });
  const floor = over ? undefined : unrest?.floor;
  const known = floor?.versionId ?? version?.versionId;
  if (known === undefined || versionId === known) return "newest";
  if (floor?.replaced.has(versionId) === true) return "older";
  if (floor?.announced === true) return "compare";
  return createdAtSeconds > 0 && secondsOf(createdAt) < createdAtSeconds ? "older" : "newest";
}
