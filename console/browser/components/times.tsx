import { useEffect, useReducer } from "preact/hooks";

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const unitOf = (ms: number) => units.find(([, unitMs]) => Math.abs(ms) >= unitMs) ?? units[units.length - 1];

/** `3 days ago`, `in 5 hr`. */
function fromNow(at: string): string {
  const ms = new Date(at).getTime() - Date.now();
  const [unit, unitMs] = unitOf(ms) ?? units[3];
  return relative.format(Math.round(ms / unitMs), unit);
}

/** `12 d`, `3 h`: how long something has lasted. */
export function span(ms: number): string {
  const [unit, unitMs] = unitOf(ms) ?? units[3];
  return `${Math.floor(ms / unitMs)} ${unit[0] ?? ""}`;
}

/** `0.123 s` below a minute, else minutes and seconds. */
export const exactSpan = (ms: number): string =>
  ms < 60_000
    ? `${(ms / 1_000).toFixed(3)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;

const instant = (at: string): string => absolute.format(new Date(at));

const drawEveryMs = 1_000;
const shown = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** Redraws all times of the page together, so that they agree. */
function useTick(): void {
  const [, draw] = useReducer<number, void>((times) => times + 1, 0);
  useEffect(() => {
    const drawThis = (): void => draw();
    shown.add(drawThis);
    ticking ??= setInterval(() => {
      for (const one of shown) one();
    }, drawEveryMs);
    return () => {
      shown.delete(drawThis);
      if (shown.size > 0) return;
      clearInterval(ticking);
      ticking = undefined;
    };
  }, []);
}

/** A time relative to now; the exact one on hovering. */
export function FromNow({ at }: { readonly at: string }) {
  useTick();
  return (
    <time dateTime={at} title={instant(at)}>
      {fromNow(at)}
    </time>
  );
}

export const Instant = ({ at }: { readonly at: string }) => <time dateTime={at}>{instant(at)}</time>;
