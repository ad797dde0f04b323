import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { RekeyError } from "../shared/errors/rekey-error.ts";
import { planCapacity } from "../shared/operations/capacity/capacity-plan.ts";
import { facts } from "../shared/operations/capacity/facts/facts.ts";
import { growthTable } from "../shared/operations/capacity/growth-table.ts";
import { simulate, type Simulation } from "../shared/operations/capacity/simulation/simulate.ts";
import type { WorkloadInput } from "../shared/operations/capacity/workload.ts";
import { reportHtml, reportSvg } from "./plan-report.ts";
import { factsText, growthTableText, planDetails } from "./plan-text.ts";

const usage = `usage: rekey plan [options]

What growth asks of Secrets Manager, KMS, EventBridge, Lambda and Vault, and what it costs. No account is contacted.
Without an option: the table of four sizes. With one: that size in detail; what is not given is read off the table.

  --users N          users; 10,000 unless given
  --services N       services
  --instances N      instances of all services together, each with a cache
  --secrets N        secrets
  --reads N          reads of secrets by all services together, a second
  --ttl SECONDS      how long the cache serves without asking; 300 unless given
  --push, --no-push  whether events tell instances of new versions
  --regions N        regions, each with a replica of every secret
  --shards N         AWS accounts, each with its own bus, topic and Vault cluster; as few as carry it unless given
  --rotation-days N  between two rotations of a secret; 30 unless given
  --secret-bytes N   size of a secret; 1,000 unless given
  --customer-key     secrets are under customer managed KMS keys

  --simulate         play the size with the client's own cache under virtual time, beside the calculation
  --seed N           of the simulation; 1 unless given
  --report FILE      write charts and numbers: FILE.html, or the charts alone: FILE.svg. Simulates, too
  --facts            print each quota, price and rate with its source and date
  --json             for programs

examples:
  rekey plan
  rekey plan --users 50000 --ttl 60 --simulate
  rekey plan --secrets 100000 --reads 10000 --regions 2 --report plan.html`;

const options = {
  users: { type: "string" },
  services: { type: "string" },
  instances: { type: "string" },
  secrets: { type: "string" },
  reads: { type: "string" },
  ttl: { type: "string" },
  push: { type: "boolean" },
  regions: { type: "string" },
  shards: { type: "string" },
  "rotation-days": { type: "string" },
  "secret-bytes": { type: "string" },
  "customer-key": { type: "boolean" },
  simulate: { type: "boolean", default: false },
  seed: { type: "string" },
  report: { type: "string" },
  facts: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false, short: "h" },
} as const;

const parse = (words: readonly string[]) => parseArgs({ args: [...words], options, allowNegative: true }).values;
type Given = ReturnType<typeof parse>;

/** `10,000` and `10_000` are numbers here, as people write them. Errors: `option-invalid`. */
function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll(/[,_]/g, ""));
  if (text === "" || !Number.isFinite(value))
    throw new RekeyError("option-invalid", { context: { option, value: text } });
  return value;
}

function inputOf(given: Given): WorkloadInput {
  const numbers = {
    users: number("users", given.users),
    services: number("services", given.services),
    instances: number("instances", given.instances),
    secrets: number("secrets", given.secrets),
    readsPerSecond: number("reads", given.reads),
    ttlSeconds: number("ttl", given.ttl),
    regions: number("regions", given.regions),
    shards: number("shards", given.shards),
    rotationDays: number("rotation-days", given["rotation-days"]),
    secretBytes: number("secret-bytes", given["secret-bytes"]),
  };
  const input = { ...numbers, push: given.push, customerKey: given["customer-key"] };
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

async function one(input: WorkloadInput, given: Given): Promise<void> {
  const plan = planCapacity(input);
  const seed = number("seed", given.seed) ?? 1;
  let simulation: Simulation | undefined;
  if (given.simulate || given.report !== undefined) simulation = await simulate(plan, seed);
  if (given.report !== undefined) {
    const isSvg = given.report.endsWith(".svg");
    await writeFile(given.report, isSvg ? reportSvg(plan, simulation) : reportHtml(plan, simulation, facts));
  }
  if (given.json) console.log(JSON.stringify({ ...plan, simulation }, undefined, 2));
  else console.log(planDetails(plan, simulation, facts));
  if (given.report !== undefined) console.error(`\nwritten: ${given.report}`);
}

/** Plans capacity. Returns the exit code. Errors: `option-invalid`; what `parseArgs` throws for an unknown option. */
export async function planCommand(words: readonly string[]): Promise<number> {
  const given = parse(words);
  const input = inputOf(given);
  const isOne = Object.keys(input).length > 0 || given.simulate || given.report !== undefined;
  if (given.report !== undefined && !/\.(?:html|svg)$/.test(given.report)) {
    throw new RekeyError("option-invalid", {
      context: { option: "report" },
      hint: "name a file that ends with .html or .svg",
    });
  }
  if (given.help) console.log(usage);
  else if (given.facts) console.log(given.json ? JSON.stringify(facts, undefined, 2) : factsText(facts));
  else if (isOne) await one(input, given);
  else if (given.json)
    console.log(
      JSON.stringify(
        growthTable.map(({ users }) => planCapacity({ users })),
        undefined,
        2,
      ),
    );
  else console.log(growthTableText());
  return 0;
}
