import { planCapacity } from "../../shared/operations/capacity/capacity-plan.ts";
import type { Fact } from "../../shared/operations/capacity/facts/fact.ts";
import { prices } from "../../shared/operations/capacity/facts/prices.ts";
import { growthTable } from "../../shared/operations/capacity/growth-table.ts";
import { amount, usd } from "../../shared/operations/capacity/quantity.ts";

const cents = (value: number): string => (value > 0 && value < 0.01 ? "< $0.01" : usd(value));
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A small team first, then the sizes of the growth table. */
const plans = [
  planCapacity({ users: 100, services: 3, instances: 6, secrets: 10, readsPerSecond: 5 }),
  ...growthTable.map(({ users }) => planCapacity({ users })),
];

function costRows(): readonly string[] {
  const names = [...new Set(plans.flatMap(({ cost }) => cost.lines.map(({ what }) => what)))];
  const priced = names.map((name) => [
    name,
    ...plans.map(({ cost }) => cents(cost.lines.find(({ what }) => what === name)?.usdPerMonth ?? 0)),
  ]);
  return [...priced, ["**together**", ...plans.map(({ cost }) => `**${usd(cost.usdPerMonth)}**`)]].map(row);
}

/** A price of a million reads better than one of a call. */
const priceOf = ({ value, unit }: Fact): string =>
  value < 0.01
    ? `${Number((value * 1_000_000).toPrecision(3))} ${unit.replace(" per ", " per million ").replace("GB and ", "GB ")}s`.replace(
        /shs$/u,
        "shes",
      )
    : `${value} ${unit}`;

/** `docs/reference/cost.md`, calculated from the prices that `rekey plan` knows. */
export function costTable(): string {
  return [
    "# What it costs",
    "",
    "Made from `shared/operations/capacity` by `npm run docs`. A month in us-east-1, every secret rotated each 30 days, services with",
    "rekey's client (TTL five minutes). `rekey plan` takes your own numbers.",
    "",
    row(["", ...plans.map(({ workload }) => `${amount(workload.secrets)} secrets`)]),
    row(["---", ...plans.map(() => "---:")]),
    row(["regions", ...plans.map(({ workload }) => amount(workload.regions))]),
    row(["instances of services", ...plans.map(({ workload }) => amount(workload.instances))]),
    row(["reads a second", ...plans.map(({ workload }) => amount(workload.readsPerSecond))]),
    ...costRows(),
    row(["reads alone, without a cache", ...plans.map(({ cost }) => usd(cost.uncachedReadsUsdPerMonth))]),
    "",
    `Not counted: ${plans[0]?.cost.notCounted.join(", ") ?? ""}.`,
    "",
    "## Prices",
    "",
    row(["what", "price", "source", "as of", "trust"]),
    row(["---", "---", "---", "---", "---"]),
    ...Object.values(prices).map((price) => row([price.what, priceOf(price), price.source, price.date, price.trust])),
    "",
  ].join("\n");
}
