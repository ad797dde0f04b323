/** AWS allows five minutes. */
const skewMs = 4 * 60_000;

export const member = (from: unknown, name: string): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, name) : undefined;

/**
 * Whether a refused signature is the clock's fault: by what the SDK found when it compared its clock with the answer's, or by
 * the answer's own date. AWS says it in words alone.
 */
export function isClockOff(error: unknown): boolean {
  if (member(member(error, "$metadata"), "clockSkewCorrected") === true) return true;
  const headers = member(member(error, "$response"), "headers");
  const date = member(headers, "date") ?? member(headers, "Date");
  return typeof date === "string" && Math.abs(Date.now() - Date.parse(date)) > skewMs;
}
