import { Hono } from "hono";
import { planCapacity } from "../../shared/capacity/capacity-plan.ts";
import { planCharts } from "../../shared/capacity/charts/plan-charts.ts";
import { picture } from "../../shared/capacity/charts/svg.ts";
import { growthTable } from "../../shared/capacity/growth-table.ts";
import { planSections } from "../../shared/capacity/plan-rows.ts";
import { amount } from "../../shared/capacity/quantity.ts";
import type { WorkloadInput } from "../../shared/capacity/workload.ts";
import { type CapacityAnswer, workloadNumbers } from "../contract.ts";

/** The plan itself refuses what is no valid number. */
function workloadOf(query: Readonly<Record<string, string>>): WorkloadInput {
  const numbers = workloadNumbers.flatMap((name) =>
    query[name] === undefined ? [] : [[name, Number(query[name])] as const],
  );
  return { ...Object.fromEntries(numbers), ...(query["push"] === undefined ? {} : { push: query["push"] === "true" }) };
}

function answerOf(input: WorkloadInput): CapacityAnswer {
  const own = planCapacity(input);
  const plans = [own, ...growthTable.map(({ users }) => planCapacity({ users }))];
  return {
    workload: own.workload,
    columns: ["yours", ...growthTable.map(({ users }) => `${amount(users)} users`)],
    sections: planSections.map(({ title, rows }) => ({
      title,
      rows: rows.map(({ name, cell }) => ({ name, cells: plans.map(cell) })),
    })),
    advice: own.advice,
  };
}

/** The capacity plan: its figures next to those of the growth table, and its charts. */
export const capacityRoutes = (): Hono =>
  new Hono()
    .get("/", (context) => context.json(answerOf(workloadOf(context.req.query()))))
    .get("/charts.svg", (context) =>
      context.body(picture(planCharts(planCapacity(workloadOf(context.req.query())))), 200, {
        "Content-Type": "image/svg+xml",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
      }),
    );
