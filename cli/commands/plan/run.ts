import { writeFile } from "node:fs/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { planCapacity } from "../../../shared/capacity/capacity-plan.ts";
import { facts } from "../../../shared/capacity/facts/facts.ts";
import { growthTable } from "../../../shared/capacity/growth-table.ts";
import { simulate, type Simulation } from "../../../shared/capacity/simulation/simulate.ts";
import type { WorkloadInput } from "../../../shared/capacity/workload.ts";
import type { Options, Run } from "../../command.ts";
import { flagOption, numberOption, textOption } from "../../options.ts";
import { print, printError, printJson } from "../../output/output.ts";
import { reportHtml, reportSvg } from "./plan-report.ts";
import { factsText, growthTableText, planDetails } from "./plan-text.ts";

function inputOf(options: Options): WorkloadInput {
  const numbers = {
    users: numberOption(options, "users"),
    services: numberOption(options, "services"),
    instances: numberOption(options, "instances"),
    secrets: numberOption(options, "secrets"),
    readsPerSecond: numberOption(options, "reads"),
    ttlSeconds: numberOption(options, "ttl"),
    regions: numberOption(options, "regions"),
    shards: numberOption(options, "shards"),
    rotationDays: numberOption(options, "rotationDays"),
    secretBytes: numberOption(options, "secretBytes"),
  };
  const input = { ...numbers, push: options["push"], customerKey: options["customerKey"] };
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

async function one(input: WorkloadInput, options: Options, json: boolean): Promise<void> {
  const plan = planCapacity(input);
  const report = textOption(options, "report");
  let simulation: Simulation | undefined;
  if (flagOption(options, "simulate") || report !== undefined) {
    simulation = await simulate(plan, numberOption(options, "seed") ?? 1);
  }
  if (report !== undefined) {
    const isSvg = report.endsWith(".svg");
    await writeFile(report, isSvg ? reportSvg(plan, simulation) : reportHtml(plan, simulation, facts));
  }
  if (json) printJson({ ...plan, simulation }, 2);
  else print(...planDetails(plan, simulation, facts).split("\n"));
  if (report !== undefined) printError("", `written: ${report}`);
}

/** Plans capacity. Returns the exit code. Errors: `option-invalid`. */
export const run: Run = async (_words, options) => {
  const input = inputOf(options);
  const report = textOption(options, "report");
  const json = flagOption(options, "json");
  if (report !== undefined && !/\.(?:html|svg)$/.test(report)) {
    throw new RekeyError("option-invalid", {
      context: { option: "report" },
      hint: "name a file that ends with .html or .svg",
    });
  }
  if (flagOption(options, "facts")) {
    if (json) printJson(facts, 2);
    else print(...factsText(facts).split("\n"));
  } else if (Object.keys(input).length > 0 || flagOption(options, "simulate") || report !== undefined) {
    await one(input, options, json);
  } else if (json) {
    const plans = growthTable.map(({ users }) => planCapacity({ users }));
    printJson(plans, 2);
  } else print(...growthTableText().split("\n"));
  return 0;
};
