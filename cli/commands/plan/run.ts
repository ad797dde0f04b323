import { writeFile } from "node:fs/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { planCapacity } from "../../../shared/capacity/capacity-plan.ts";
import { facts } from "../../../shared/capacity/facts/facts.ts";
import { growthTable } from "../../../shared/capacity/growth-table.ts";
import { simulate, type Simulation } from "../../../shared/capacity/simulation/simulate.ts";
import type { WorkloadInput } from "../../../shared/capacity/workload.ts";
import type { Given, Run } from "../../command.ts";
import { flagOption, numberOption, textOption } from "../../options.ts";
import { print, printError, printJson } from "../../output/output.ts";
import { reportHtml, reportSvg } from "./plan-report.ts";
import { factsText, growthTableText, planDetails } from "./plan-text.ts";

function inputOf(given: Given): WorkloadInput {
  const numbers = {
    users: numberOption(given, "users"),
    services: numberOption(given, "services"),
    instances: numberOption(given, "instances"),
    secrets: numberOption(given, "secrets"),
    readsPerSecond: numberOption(given, "reads"),
    ttlSeconds: numberOption(given, "ttl"),
    regions: numberOption(given, "regions"),
    shards: numberOption(given, "shards"),
    rotationDays: numberOption(given, "rotationDays"),
    secretBytes: numberOption(given, "secretBytes"),
  };
  const input = { ...numbers, push: given["push"], customerKey: given["customerKey"] };
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

async function one(input: WorkloadInput, given: Given, json: boolean): Promise<void> {
  const plan = planCapacity(input);
  const report = textOption(given, "report");
  let simulation: Simulation | undefined;
  if (flagOption(given, "simulate") || report !== undefined) {
    simulation = await simulate(plan, numberOption(given, "seed") ?? 1);
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
export const planCommand: Run = async (_words, given) => {
  const input = inputOf(given);
  const report = textOption(given, "report");
  const json = flagOption(given, "json");
  if (report !== undefined && !/\.(?:html|svg)$/.test(report)) {
    throw new RekeyError("option-invalid", {
      context: { option: "report" },
      hint: "name a file that ends with .html or .svg",
    });
  }
  if (flagOption(given, "facts")) {
    if (json) printJson(facts, 2);
    else print(...factsText(facts).split("\n"));
  } else if (Object.keys(input).length > 0 || flagOption(given, "simulate") || report !== undefined) {
    await one(input, given, json);
  } else if (json) {
    const plans = growthTable.map(({ users }) => planCapacity({ users }));
    printJson(plans, 2);
  } else print(...growthTableText().split("\n"));
  return 0;
};
