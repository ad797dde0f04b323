import { type Health, healthInOrder } from "./health.ts";
import type { SecretSummary } from "./secret-summary.ts";

/** The columns of the fleet, in `rekey status` and in the console, where the compiler wants a cell of each. */
export const fleetColumns = [
  { name: "name", title: "Name" },
  { name: "health", title: "Health" },
  { name: "age", title: "Age" },
  { name: "next-rotation", title: "Next rotation" },
  { name: "strategy", title: "Strategy" },
  { name: "mirror", title: "Mirror" },
  { name: "adopted", title: "Adopted" },
] as const;

export type FleetColumn = (typeof fleetColumns)[number]["name"];

type Comparison = (one: SecretSummary, other: SecretSummary) => number;

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
/** What has none is last. */
const compareNumber = (one = Infinity, other = Infinity): number => (one === other ? 0 : one - other);
const severity = new Map<Health, number>(healthInOrder.map((health, at) => [health, at]));

/** By these columns the fleet can be ordered. */
export const comparisons = {
  name: (one, other) => compareText(one.name, other.name),
  health: (one, other) => compareNumber(severity.get(one.health), severity.get(other.health)),
  age: (one, other) => compareNumber(one.ageMs, other.ageMs),
  "next-rotation": (one, other) => compareNumber(one.nextRotationAt?.getTime(), other.nextRotationAt?.getTime()),
  strategy: (one, other) => compareText(one.strategy ?? "", other.strategy ?? ""),
} as const satisfies Partial<Record<FleetColumn, Comparison>>;

export type FleetOrder = keyof typeof comparisons;

export const isOrder = (name: FleetColumn): name is FleetOrder => Object.hasOwn(comparisons, name);
export const fleetOrders: readonly FleetOrder[] = fleetColumns.map(({ name }) => name).filter(isOrder);
