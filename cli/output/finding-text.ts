import type { CheckResult } from "../../shared/operations/doctor/check-results.ts";

const indent = " ".repeat(9);

/** A finding in two or three lines. */
export function checkText({ code, severity, meaning, remedy, detail }: CheckResult): readonly string[] {
  const facts = Object.entries(detail).map(([name, value]) => `${name}=${String(value)}`);
  return [
    `${severity.padEnd(7)}  ${code}: ${meaning}`,
    ...(facts.length > 0 ? [`${indent}${facts.join(" ")}`] : []),
    `${indent}${remedy}`,
  ];
}
