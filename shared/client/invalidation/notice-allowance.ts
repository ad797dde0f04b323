import { bareName } from "../secret-id.ts";

/** So many requests for one secret may come of notices within `noticePeriodMs`, however many notices arrive. */
const mostReads = 6;
export const noticePeriodMs = 20_000;

/**
 * What notices have cost each secret. It grows with the requests that are made, not with the notices that come: what is older
 * than the period is dropped.
 */
export class NoticeAllowance {
  readonly #spent = new Map<string, readonly number[]>();

  /** From when on a notice may cause a request for the secret; past or now: at once. */
  freeAtMs(secretId: string): number {
    const times = this.#spent.get(bareName(secretId)) ?? [];
    return times.length < mostReads ? 0 : (times[0] ?? 0) + noticePeriodMs;
  }

  /** Counts a request. */
  spend(secretId: string, atMs: number): void {
    const spent = this.#spent;
    const name = bareName(secretId);
    const times = [...(spent.get(name) ?? []), atMs].sort((one, other) => one - other).slice(-mostReads);
    spent.delete(name);
    spent.set(name, times);
    for (const [oldest, of] of spent) {
      if ((of.at(-1) ?? 0) + noticePeriodMs > atMs) break;
      spent.delete(oldest);
    }
  }
}
