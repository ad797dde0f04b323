/** One measured figure and what it is compared with, as `npm run bench` prints it. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  /** `value` divided by the peer's. */
  readonly ratio: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** The measured thing beside each peer. */
export function figuresOf(
  bench: string,
  figure: string,
  unit: string,
  value: number,
  peers: Readonly<Record<string, number>>,
): readonly Figure[] {
  return Object.entries(peers).map(([peer, other]) => ({
    bench,
    figure,
    value: rounded(value),
    unit,
    peer,
    ratio: rounded(value / other),
  }));
}
