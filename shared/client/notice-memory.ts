import type { Entry } from "./entry.ts";
import type { DatedNotice } from "./rotation-notice.ts";
import { bareName, isSameSecret } from "./secret-id.ts";
import type { SourceAnswer } from "./secret-source.ts";
import { announce, type FloorWindow, isLate } from "./version-floor.ts";

/** The newest notice of each of the last thousand secrets, for those that are read only after it. */
export interface NoticeMemory {
  remember(secretId: string, notice: DatedNotice, window: FloorWindow, nowMs: number): void;
  /** The source is believed that the answer is current. */
  confirm(secretId: string, answer: SourceAnswer): void;
  /** Gives a new entry the floor that is known already. */
  remind(entry: Entry, nowMs: number): void;
}

const remembered = 1_000;

export function noticeMemory(): NoticeMemory {
  const byName = new Map<string, { secretId: string; notice: DatedNotice; window: FloorWindow }>();

  return {
    remember(secretId, notice, window, nowMs) {
      const name = bareName(secretId);
      const known = byName.get(name);
      const before = known !== undefined && nowMs < known.window.untilMs ? known : undefined;
      if (before?.notice.versionId === notice.versionId || (before?.notice.atMs ?? 0) > notice.atMs) return;
      byName.delete(name);
      byName.set(name, { secretId, notice, window: before?.window ?? window });
      const [oldest] = byName.keys();
      if (byName.size > remembered && oldest !== undefined) byName.delete(oldest);
    },
    confirm(secretId, answer) {
      const known = byName.get(bareName(secretId));
      if (known === undefined || !isSameSecret(secretId, known.secretId)) return;
      const { notice } = known;
      if (notice.versionId === answer.versionId || isLate(notice, answer)) known.notice = { ...notice, wasTrue: true };
    },
    remind(entry, nowMs) {
      const { secretId } = entry;
      for (const name of [secretId, bareName(secretId)]) {
        const known = byName.get(name);
        if (known === undefined || !isSameSecret(secretId, known.secretId)) continue;
        if (nowMs < known.window.untilMs) announce(entry, known.notice, known.window, nowMs);
        return;
      }
    },
  };
}
