import type { Health } from "../../shared/operations/fleet/health.ts";
import type { AdoptionStatus } from "../../shared/operations/fleet/secret-status.ts";
import { coloured } from "./terminal.ts";
import type { CheckResult } from "../../shared/operations/doctor/check-results.ts";

const colours = {
  healthy: "green",
  rotating: "yellow",
  stuck: "red",
  overdue: "red",
  empty: "red",
  off: "dim",
  deleted: "dim",
} as const satisfies Record<Health, string>;

export const healthText = (health: Health, padded: string = health): string => coloured(colours[health], padded);

export const adoptionText = ({ state, adopted, waitingFor }: AdoptionStatus): string =>
  state === "unseen" ? state : `${adopted.length}/${adopted.length + waitingFor.length}`;

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
