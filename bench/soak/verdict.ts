import type { Load, Sample } from "./sample.ts";

/** How far the average of the later samples may be above that of the earlier ones. */
const tolerances: Readonly<Record<keyof Sample, { readonly share: number; readonly more: number }>> = {
  heapMiB: { share: 0.05, more: 1 },
  sockets: { share: 0, more: 8 },
  timers: { share: 0.1, more: 20 },
  socketObjects: { share: 0.1, more: 20 },
  clients: { share: 0.05, more: 8 },
  pools: { share: 0.05, more: 8 },
  listeners: { share: 0, more: 0 },
};

/** Up to what the pools may have, more of them is no growth: how many are open depends on who queries at the same time. */
const ofConnections: ReadonlySet<keyof Sample> = new Set(["sockets", "socketObjects", "clients"]);

const average = (samples: readonly Sample[], of: keyof Sample): number =>
  samples.reduce((sum, sample) => sum + sample[of], 0) / samples.length;

/** What grew. The first fifth of the samples is left out: caches fill and code is compiled. */
function grown(samples: readonly Sample[], mostConnections: number): readonly string[] {
  const settled = samples.slice(Math.ceil(samples.length / 5));
  const half = Math.ceil(settled.length / 2);
  return (Object.keys(tolerances) as (keyof Sample)[]).flatMap((of) => {
    const [early, late] = [average(settled.slice(0, half), of), average(settled.slice(half), of)];
    const { share, more } = tolerances[of];
    const before = ofConnections.has(of) ? Math.max(early, mostConnections) : early;
    return late > before * (1 + share) + more ? [`${of} grew from ${early.toFixed(1)} to ${late.toFixed(1)}`] : [];
  });
}

/** What is wrong; empty: nothing. */
export function verdict(outcome: {
  readonly samples: readonly Sample[];
  readonly load: Load;
  /** Pools whose version is not their secret's last one. */
  readonly behind: number;
  readonly rotations: number;
  /** Of all pools together. */
  readonly mostConnections: number;
}): readonly string[] {
  const { samples, load, behind, rotations, mostConnections } = outcome;
  return [
    ...grown(samples, mostConnections),
    ...(load.failed === 0 ? [] : [`${load.failed} queries failed: ${JSON.stringify(load.reasons)}`]),
    ...(behind === 0 ? [] : [`${behind} pools do not use the last version`]),
    ...(load.seen === rotations ? [] : [`${load.seen} of ${rotations} rotations were seen`]),
  ];
}
