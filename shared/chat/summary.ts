import { type Notice, severities } from "./notice.ts";

const mostShown = 20;

const ofKind: readonly (readonly [Notice["about"], one: string, many: string])[] = [
  ["failures", "failure", "failures"],
  ["findings", "finding", "findings"],
  ["campaigns", "campaign", "campaigns"],
];

/** Such as `rekey: 2 failures, 1 finding`. It has no name in it. */
export function headline(notices: readonly Notice[]): string {
  const parts = ofKind.flatMap(([about, one, many]) => {
    const count = notices.filter((notice) => notice.about === about).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return `rekey: ${parts.join(", ")}`;
}

export const worstFirst = (notices: readonly Notice[]): readonly Notice[] =>
  notices.toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity));

/** A body with as many notices, the worst first, as a service takes; the others are counted. */
export function fitting(
  notices: readonly Notice[],
  mostBytes: number,
  bodyOf: (shown: readonly Notice[], others: number) => object,
): object {
  const sorted = worstFirst(notices);
  for (let count = Math.min(mostShown, sorted.length); ; count--) {
    const body = bodyOf(sorted.slice(0, count), sorted.length - count);
    if (count === 0 || Buffer.byteLength(JSON.stringify(body)) <= mostBytes) return body;
  }
}
