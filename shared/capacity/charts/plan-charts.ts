import type { CapacityPlan } from "../capacity-plan.ts";
import { type Facts, facts as knownFacts } from "../facts/facts.ts";
import { refreshesPerSecond } from "../plan-reads.ts";
import { bytes, duration, percent, perSecond, usd } from "../quantity.ts";
import { barChart } from "./bar-chart.ts";
import { lineChart } from "./line-chart.ts";
import type { Chart } from "./svg.ts";

/** What a simulation found; the closed form is drawn next to it. */
export interface Played {
  readonly reads: { readonly backendPerSecond: number };
  readonly push?: { readonly windowSeconds: number; readonly requestsPerSecond: readonly number[] };
}

const ttls = [1, 3, 10, 30, 60, 100, 300, 1_000, 3_600, 10_000, 36_000];
const ttlMarks = [1, 10, 60, 300, 3_600, 36_000];

function readsByTtl({ workload, reads, shards }: CapacityPlan, facts: Facts, played: Played | undefined): Chart {
  const limit = facts.getSecretValue.value * shards * workload.regions;
  const backend = (ttl: number): number => reads.cached * refreshesPerSecond(reads.readsPerCachedPerSecond, ttl, facts);
  const simulated = played?.reads.backendPerSecond;
  const values = [...ttls.map(backend), limit, reads.uncachedPerSecond, simulated ?? limit].filter(
    (value) => value > 0,
  );
  const [from, to] = [1, 36_000];
  return lineChart({
    title: "What the cache leaves of the reads",
    description: `At a TTL of ${duration(workload.ttlSeconds)} the backend gets ${perSecond(reads.backendPerSecond)} of ${perSecond(reads.uncachedPerSecond)}; the quota is ${perSecond(limit)}.`,
    x: { scale: "log", from, to, text: duration, name: "TTL", marks: ttlMarks },
    y: {
      scale: "log",
      from: 10 ** Math.floor(Math.log10(Math.min(...values))),
      to: 10 ** Math.ceil(Math.log10(Math.max(...values))),
      text: perSecond,
      name: "backend reads",
    },
    series: [
      { name: "closed form", as: "line", points: ttls.map((ttl) => [ttl, backend(ttl)]) },
      ...(simulated === undefined
        ? []
        : [{ name: "simulated", as: "dots", points: [[workload.ttlSeconds, simulated]] } as const]),
      {
        name: "GetSecretValue quota",
        as: "limit",
        points: [
          [from, limit],
          [to, limit],
        ],
      },
    ],
  });
}

function pushOverTime({ fanOut }: CapacityPlan, facts: Facts, push: NonNullable<Played["push"]>): Chart {
  const { requestsPerSecond, windowSeconds } = push;
  const { freePerSecond, holders } = fanOut.sharedSecret;
  const mean = holders / windowSeconds;
  const part = windowSeconds / (requestsPerSecond.length - 1);
  const to = windowSeconds + part;
  return lineChart({
    title: "A push of a secret that every instance of a shard uses",
    description: `${perSecond(mean)} for ${duration(windowSeconds)}, with ${perSecond(freePerSecond)} of the quota free within ${percent(facts.targetUtilisation.value)}.`,
    x: {
      scale: "linear",
      from: 0,
      to,
      text: (value) => duration(value).replace("less than 1 ms", "0"),
      name: "after the event",
    },
    y: {
      scale: "linear",
      from: 0,
      to: Math.max(freePerSecond, mean, ...requestsPerSecond) * 1.1,
      text: perSecond,
      name: "refreshes",
    },
    series: [
      {
        name: "closed form",
        as: "line",
        points: [
          [0, mean],
          [windowSeconds, mean],
          [windowSeconds, 0],
        ],
      },
      {
        name: "simulated, scaled",
        as: "dots",
        points: requestsPerSecond.map((value, index) => [(index + 0.5) * part, value]),
      },
      {
        name: "free quota",
        as: "limit",
        points: [
          [0, freePerSecond],
          [to, freePerSecond],
        ],
      },
    ],
  });
}

/** The plan in pictures; with a simulation, what it found next to what was calculated. */
export function planCharts(plan: CapacityPlan, played?: Played, facts: Facts = knownFacts): readonly Chart[] {
  const { loads, rotations, cost, sizes } = plan;
  const target = percent(facts.targetUtilisation.value);
  return [
    readsByTtl(plan, facts, played),
    barChart({
      title: "How much of each quota is used",
      description: `In quiet times, of one account and region. The plan goes up to ${target}.`,
      full: 1,
      bars: loads.map(({ limit, utilisation }) => ({
        name: limit.what,
        value: utilisation,
        text: percent(utilisation),
      })),
    }),
    ...(played?.push === undefined ? [] : [pushOverTime(plan, facts, played.push)]),
    barChart({
      title: `Rotating everything: ${duration(rotations.everythingSeconds)}`,
      description: "How long it would take if only this limit held.",
      bars: rotations.limits.map(({ fact, perSecond: rate }) => {
        const seconds = plan.workload.secrets / plan.shards / rate;
        return { name: facts[fact].what.split(",")[0] ?? fact, value: seconds, text: duration(seconds) };
      }),
    }),
    barChart({
      title: `${usd(cost.usdPerMonth)} a month, ${bytes(sizes.labelledBytes)} of secrets`,
      description: "By line, us-east-1, free tiers not taken off.",
      bars: cost.lines.map(({ what, usdPerMonth }) => ({ name: what, value: usdPerMonth, text: usd(usdPerMonth) })),
    }),
  ];
}
