const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** In its largest unit, rounded down: `12 d`, `3 h`, `40 min`. */
export function span(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms >= size) ?? ["s", 1_000];
  return `${Math.floor(ms / size)} ${unit}`;
}

/** From now: `in 12 d`, `3 h ago`. */
export function fromNow(at: Date, nowMs: number): string {
  const ms = at.getTime() - nowMs;
  return ms >= 0 ? `in ${span(ms)}` : `${span(-ms)} ago`;
}

/** `2026-11-28 05:12:09`, UTC. */
export const instant = (at: Date): string => at.toISOString().slice(0, 19).replace("T", " ");
