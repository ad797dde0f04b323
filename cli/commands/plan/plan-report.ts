import type { CapacityPlan } from "../../../shared/capacity/capacity-plan.ts";
import { planCharts } from "../../../shared/capacity/charts/plan-charts.ts";
import { escapeText, picture } from "../../../shared/capacity/charts/svg.ts";
import type { Facts } from "../../../shared/capacity/facts/facts.ts";
import type { Simulation } from "../../../shared/capacity/simulation/simulate.ts";
import { factsText, planDetails } from "./plan-text.ts";

const style = [
  ":root{color-scheme:light dark}body{max-width:1000px;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif}",
  "pre{overflow-x:auto;font:13px/1.45 ui-monospace,monospace}svg{max-width:100%;height:auto}",
].join("");

export const reportSvg = (plan: CapacityPlan, simulation: Simulation | undefined): string =>
  `${picture(planCharts(plan, simulation))}\n`;

/** One file without scripts and without anything from elsewhere. */
export function reportHtml(plan: CapacityPlan, simulation: Simulation | undefined, facts: Facts): string {
  const title = `rekey plan: ${plan.workload.users.toLocaleString("en-US")} users`;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>`,
    `<body><h1>${title}</h1>`,
    picture(planCharts(plan, simulation)),
    `<h2>In numbers</h2><pre tabindex="0">${escapeText(planDetails(plan, simulation, facts))}</pre>`,
    `<h2>Where the numbers are from</h2><pre tabindex="0">${escapeText(factsText(facts))}</pre>`,
    "</body></html>",
    "",
  ].join("\n");
}
