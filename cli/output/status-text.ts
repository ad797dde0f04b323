import type { Health } from "../../shared/operations/fleet/health.ts";
import type { AdoptionStatus } from "../../shared/operations/fleet/secret-status.ts";
import { coloured } from "./terminal.ts";

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
