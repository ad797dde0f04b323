import { planCapacity } from "../../shared/capacity/capacity-plan.ts";
import type { Fact } from "../../shared/capacity/facts/fact.ts";
import { prices } from "../../shared/capacity/facts/prices.ts";
import { facts } from "../../shared/capacity/facts/facts.ts";
import { idleFacts } from "../../shared/capacity/facts/idle-facts.ts";
import { growthTable } from "../../shared/capacity/growth-table.ts";
import { idleCost } from "../../shared/capacity/idle-cost.ts";
import { amount, usd } from "../../shared/capacity/quantity.ts";
import { idleStack } from "./idle-stack.ts";

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

const AlarmTopicArn = "arn:aws:sns:us-east-1:123456789012:alarms";
const vault = { VaultAddress: "https://vault.example.com:8200", VaultAuth: "aws" };
const idleStacks = [
  { name: "as it comes", stack: idleStack({}) },
  { name: "with Vault and `AlarmTopicArn`", stack: idleStack({ ...vault, AlarmTopicArn }) },
  {
    name: "and a key, and endpoints in two zones",
    stack: idleStack({ ...vault, AlarmTopicArn }, { zones: 2, customerKeys: 1 }),
  },
];

function idleRows(): readonly string[] {
  const bills = idleStacks.map(({ stack }) => idleCost(stack, { ...facts, ...idleFacts }));
  const lines = (bills[0] ?? []).map(({ what }, line) => [
    what,
    ...bills.map((bill) => cents(bill[line]?.usdPerMonth ?? 0)),
  ]);
  const sums = bills.map((bill) => bill.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0));
  return [
    ["", ...idleStacks.map(({ name }) => name)],
    ["---", ...idleStacks.map(() => "---:")],
    ...lines,
    ["**together**", ...sums.map((sum) => `**${usd(sum)}**`)],
  ].map(row);
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
    "Made from `shared/capacity` by `npm run docs`. A month in us-east-1, every secret rotated each 30 days, services with",
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
    "## A stack that does nothing",
    "",
    "What a month costs though no secret is rotated. Lambda asks each queue that feeds a function all the time, by several long",
    "polls at once. Log groups, rules, the topic, the table (on demand) and an archive are charged by what goes through them, which",
    "is nothing here; gateway endpoints are free. Free tiers are not taken off: ten alarms, three dashboards and a million requests",
    "of SQS are in them, where the account does not use them for something else.",
    "",
    ...idleRows(),
    "",
    "Endpoints cost the most by far, so use those that the VPC has. `AlarmTopicArn` adds the alarm of throttled rotations, which is",
    "charged for each rotation function.",
    "",
    "## Prices",
    "",
    row(["what", "price", "source", "as of", "trust"]),
    row(["---", "---", "---", "---", "---"]),
    ...Object.values({ ...prices, ...idleFacts }).map((price) =>
      row([price.what, priceOf(price), price.source, price.date, price.trust]),
    ),
    "",
  ].join("\n");
}
