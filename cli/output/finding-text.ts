import type { Finding } from "../../shared/operations/doctor/findings.ts";

const indent = " ".repeat(9);

/** A finding in two or three lines. */
export function findingText({ code, severity, meaning, remedy, detail }: Finding): readonly string[] {
  const facts = Object.entries(detail).map(([name, value]) => `${name}=${String(value)}`);
  return [
    `${severity.padEnd(7)}  ${code}: ${meaning}`,
    ...(facts.length > 0 ? [`${indent}${facts.join(" ")}`] : []),
    `${indent}${remedy}`,
  ];
}
