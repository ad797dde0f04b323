import type { CachedSecret, FloorWindow } from "../cache/cached-secret.ts";
import type { DatedNotice } from "./rotation-notice.ts";
import { bareName, isSameSecret, mayBeOneAccount } from "../secret-id.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";
import { announce, isLate } from "../cache/version-floor.ts";

interface Remembered {
  readonly secretId: string;
  notice: DatedNotice;
  readonly window: FloorWindow;
}

const namesRemembered = 1_000;
/** Of one name: secrets of several accounts may have it. */
const mostOfOneName = 4;

const isAbout = ({ secretId, account }: CachedSecret, remembered: Remembered): boolean =>
  isSameSecret(secretId, remembered.secretId) && mayBeOneAccount(account, remembered.notice.account);

/** The newest notices of the last thousand names, for secrets that are read only after them. */
export class NoticeMemory {
  readonly #byName = new Map<string, readonly Remembered[]>();

  remember(secretId: string, notice: DatedNotice, window: FloorWindow, nowMs: number): void {
    const byName = this.#byName;
    const name = bareName(secretId);
    const ofName = byName.get(name) ?? [];
    const known = ofName.find((one) => one.notice.account === notice.account);
    const before = known !== undefined && nowMs < known.window.untilMs ? known : undefined;
    if (before?.notice.versionId === notice.versionId || (before?.notice.atMs ?? 0) > notice.atMs) return;
    const others = ofName.filter((one) => one !== known).slice(1 - mostOfOneName);
    byName.delete(name);
    byName.set(name, [...others, { secretId, notice, window: before?.window ?? window }]);
    const [oldest] = byName.keys();
    if (byName.size > namesRemembered && oldest !== undefined) byName.delete(oldest);
  }

  /** The source is believed that the answer is current. */
  confirm(entry: CachedSecret, answer: SourceAnswer): void {
    for (const known of this.#byName.get(bareName(entry.secretId)) ?? []) {
      const { notice } = known;
      const isTrue = notice.versionId === answer.versionId || isLate(notice, answer);
      if (isTrue && isAbout(entry, known)) known.notice = { ...notice, wasTrue: true };
    }
  }

  /** Gives a new entry the floor that is known already. */
  applyTo(entry: CachedSecret, nowMs: number): void {
    const { secretId } = entry;
    for (const name of new Set([secretId, bareName(secretId)])) {
      for (const known of this.#byName.get(name) ?? [])
        if (isAbout(entry, known) && nowMs < known.window.untilMs) announce(entry, known.notice, known.window, nowMs);
    }
  }
}
