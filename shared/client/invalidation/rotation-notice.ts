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
  /** Whose secret it is about, where it was named by its ARN: `aws:123456789012`. */
  readonly account: string | undefined;
  /** The source has shown it to be true before, so that a newer version does not disprove it. */
  readonly wasTrue?: boolean;
}

/** The sender's clock and the source's may differ by as much. */
export const clockSkewMs = 60_000;

/**
 * Clamps the time to now. One that is later than now and the skew is no time at all: whoever sends it would otherwise
 * silence every event until then.
 */
export function dated({ atMs, ...notice }: RotationNotice, account: string | undefined): DatedNotice {
  const nowMs = Date.now();
  const timed = typeof atMs === "number" && atMs >= 0 && atMs <= nowMs + clockSkewMs;
  return { ...notice, account, atMs: timed ? Math.min(atMs, nowMs) : nowMs, timed };
}
