/** What a deployment is asked for, and how it is laid out, at one size. */
export interface GrowthRow {
  readonly users: number;
  readonly services: number;
  readonly instances: number;
  readonly secrets: number;
  readonly readsPerSecond: number;
  readonly push: boolean;
  readonly regions: number;
}

/** Four sizes, each a hundred times the last in users: the upper ends of what services of that size are seen to ask for. */
export const growthTable = [
  { users: 100, services: 20, instances: 40, secrets: 500, readsPerSecond: 200, push: false, regions: 1 },
  { users: 10_000, services: 200, instances: 1_000, secrets: 10_000, readsPerSecond: 5_000, push: true, regions: 2 },
  {
    users: 1_000_000,
    services: 1_000,
    instances: 10_000,
    secrets: 100_000,
    readsPerSecond: 100_000,
    push: true,
    regions: 3,
  },
  {
    users: 100_000_000,
    services: 10_000,
    instances: 100_000,
    secrets: 1_000_000,
    readsPerSecond: 500_000,
    push: true,
    regions: 3,
  },
] as const satisfies readonly GrowthRow[];
