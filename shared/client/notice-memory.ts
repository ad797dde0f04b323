import type { Entry } from "./entry.ts";
import { bareName, isSameSecret } from "./secret-id.ts";
import { type DatedNotice, type FloorWindow, raiseFloor } from "./version-floor.ts";

/** The newest notice of each of the last thousand secrets, for those that are read only after it. */
export interface NoticeMemory {
  remember(secretId: string, notice: DatedNotice, window: FloorWindow): void;
  /** Gives a new entry the floor that is known already. */
  remind(entry: Entry): void;
}

const remembered = 1_000;

export function noticeMemory(): NoticeMemory {
  const byName = new Map<string, { secretId: string; notice: DatedNotice; window: FloorWindow }>();

  return {
    remember(secretId, notice, window) {
      const name = bareName(secretId);
      const before = byName.get(name)?.notice;
      if (before?.versionId === notice.versionId || (before?.atMs ?? 0) > notice.atMs) return;
      byName.delete(name);
      byName.set(name, { secretId, notice, window });
      const [oldest] = byName.keys();
      if (byName.size > remembered && oldest !== undefined) byName.delete(oldest);
    },
    remind(entry) {
      const { secretId } = entry;
      for (const name of [secretId, bareName(secretId)]) {
        const known = byName.get(name);
        if (known === undefined || !isSameSecret(secretId, known.secretId)) continue;
        raiseFloor(entry, known.notice, known.window);
        return;
      }
    },
  };
}
