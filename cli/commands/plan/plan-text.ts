import { type CapacityPlan, planCapacity } from "../../../shared/capacity/capacity-plan.ts";
import type { Fact } from "../../../shared/capacity/facts/fact.ts";
import type { Facts } from "../../../shared/capacity/facts/facts.ts";
import { growthTable } from "../../../shared/capacity/growth-table.ts";
import { planSections } from "../../../shared/capacity/plan-rows.ts";
import { amount, duration, percent, perSecond, usd } from "../../../shared/capacity/quantity.ts";
import type { Simulation } from "../../../shared/capacity/simulation/simulate.ts";
import { columns, wrapped } from "../../output/columns.ts";

const width = 118;

/** One column for each plan. */
function planTable(plans: readonly CapacityPlan[]): string {
  const heading = ["", ...plans.map(({ workload }) => `${amount(workload.users)} users`)];
  const rows = planSections.flatMap(({ title, rows }) => [
    [""],
    [title],
    ...rows.map(({ name, cell }) => [`  ${name}`, ...plans.map(cell)]),
  ]);
  return columns([heading, ...rows]).join("\n");
}

/** The four sizes of the growth table. */
export function growthTableText(): string {
  const table = planTable(growthTable.map(({ users }) => planCapacity({ users })));
  return `${table}\n\nOne of them in detail: rekey plan --users 10000. All options: rekey plan --help`;
}

const withUnit = (value: number, { unit }: Fact): string =>
  unit === "/s" ? perSecond(value) : `${amount(value)} ${unit}`;

function quotas({ loads }: CapacityPlan): readonly string[] {
  const rows = loads.map(({ limit, demand, utilisation }) => [
    `  ${limit.what}`,
    withUnit(demand, limit),
    `of ${withUnit(limit.value, limit)}`,
    percent(utilisation),
  ]);
  return ["Quotas of one account and region, in quiet times", ...columns(rows)];
}

function breach({ rotations }: CapacityPlan, facts: Facts): readonly string[] {
  const rows = rotations.limits.map(({ fact, perSecond: rate }) => [
    `  ${facts[fact].what.split(",")[0] ?? fact}`,
    perSecond(rate),
  ]);
  return ["Rotations of one account, by what limits them", ...columns(rows)];
}

function cost({ cost }: CapacityPlan): readonly string[] {
  const rows = [...cost.lines, { what: "together", usdPerMonth: cost.usdPerMonth }].map(({ what, usdPerMonth }) => [
    `  ${what}`,
    usd(usdPerMonth),
  ]);
  return ["Cost a month, us-east-1", ...columns(rows), wrapped("  not counted: ", cost.notCounted.join(", "), width)];
}

const advice = ({ advice }: CapacityPlan): readonly string[] => [
  "Advice, and the figure that calls for it",
  ...advice.map(({ topic, text, trigger: { value, unit } }) => {
    const figure = `${amount(value)}${unit.startsWith("/") ? "" : " "}${unit}`;
    return wrapped(`  ${topic.padEnd(8)}  `, `${text} [${figure}].`, width);
  }),
];

function simulated({ reads, push, seed }: Simulation, { reads: planned }: CapacityPlan): readonly string[] {
  const scaled = reads.cached < reads.ofCached ? ", scaled up" : "";
  const lines = [
    `  reads     ${perSecond(reads.backendPerSecond)} to the backend, calculated ${perSecond(planned.backendPerSecond)}: ${percent(Math.abs(reads.difference))} apart, bound ${percent(reads.bound)}`,
    `            ${amount(reads.cached)} of ${amount(reads.ofCached)} cached secrets in ${amount(reads.processes)} processes${scaled}; ${amount(reads.reads)} reads, ${amount(reads.requests)} requests, ${duration(reads.virtualSeconds)}`,
  ];
  if (push !== undefined) {
    const { processes, ofHolders, windowSeconds, requestsPerSecond, sampleScatter, fleetScatter } = push;
    lines.push(
      `  push      ${amount(push.requests)} requests of ${amount(processes)} processes within ${duration(windowSeconds)}; busiest tenth ${perSecond(Math.max(...requestsPerSecond))}, mean ${perSecond(ofHolders / windowSeconds)}`,
      `            ${amount(processes)} of ${amount(ofHolders)} processes${processes < ofHolders ? ", scaled up" : ""}; chance moves a tenth of theirs by up to ${percent(sampleScatter)}, of all by ${percent(fleetScatter)}`,
    );
  }
  return [`Simulated with the client's own cache, seed ${seed}`, ...lines];
}

/** Everything about one plan. */
export function planDetails(plan: CapacityPlan, simulation: Simulation | undefined, facts: Facts): string {
  const parts = [
    [planTable([plan])],
    quotas(plan),
    breach(plan, facts),
    cost(plan),
    advice(plan),
    ...(simulation === undefined ? [] : [simulated(simulation, plan)]),
  ];
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}

/** Each number that is not an input, and where it is from. */
export function factsText(facts: Facts): string {
  const rows = Object.entries(facts).map(([name, { value, unit, what, note, source, date, trust }]) => [
    name,
    withUnit(value, { value, unit, what, source, date, trust }),
    trust,
    date,
    `${what}${note === undefined ? "" : `, ${note}`} [${source}]`,
  ]);
  return columns(rows, "left").join("\n");
}
