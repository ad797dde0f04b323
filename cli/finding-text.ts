import type { Finding } from "../shared/operations/doctor/findings.ts";

/** A finding in two or three lines. */
export function findingText({ code, severity, meaning, remedy, detail }: Finding): string {
  const facts = Object.entries(detail).map(([name, value]) => `${name}=${String(value)}`);
  return [`${severity.padEnd(7)}  ${code}: ${meaning}`, ...(facts.length > 0 ? [facts.join(" ")] : []), remedy].join(
    "\n         ",
  );
}
