/** Three digits at least, thousands set apart, no more digits than mean something. */
export function amount(value: number): string {
  if (value === 0) return "0";
  const digits = Math.floor(Math.log10(Math.abs(value)));
  const shown = Math.abs(value) >= 1_000 ? 0 : Math.min(6, Math.max(0, 1 - digits));
  const text = value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: shown });
  return text === "0" ? value.toExponential(1) : text;
}

export const perSecond = (value: number): string => `${amount(value)}/s`;

const byteUnits = ["B", "KB", "MB", "GB", "TB", "PB", "EB"] as const;

/** Decimal: 1 KB is 1,000 bytes. */
export function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(value) / 3 + 1e-9));
  return `${amount(value / 1_000 ** step)} ${byteUnits[step] ?? "B"}`;
}

/** Two units at most: `6 min 40 s`, `11 h 7 min`, `0.83 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return seconds < 0.001 ? "less than 1 ms" : `${amount(seconds * 1_000)} ms`;
  if (seconds < 60) return `${amount(seconds)} s`;
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, length]) => seconds >= length);
  const [big, small] = [units[first], units[first + 1]];
  if (big === undefined || small === undefined) return `${amount(seconds)} s`;
  // Rounded in the smaller unit, so that 59.9 s become a minute and not 60 s.
  const inSmall = Math.round(seconds / small[1]);
  const ratio = big[1] / small[1];
  const [whole, rest] = [Math.floor(inSmall / ratio), inSmall % ratio];
  return rest === 0 ? `${whole} ${big[0]}` : `${whole} ${big[0]} ${rest} ${small[0]}`;
}

/** A share of a whole: `13 %`, `0.041 %`. */
export const percent = (share: number): string => `${amount(share * 100)} %`;

export function usd(value: number): string {
  if (value >= 100) return `$${Math.round(value).toLocaleString("en-US")}`;
  if (value >= 0.01) return `$${value.toFixed(2)}`;
  return value === 0 ? "$0" : value < 0.000_001 ? "< $0.000001" : `$${value.toPrecision(2)}`;
}
