import { type EngineVisit, visitServer } from "./engine-visit.ts";

/**
 * Run as a process of its own, which a hostile server may stop or end: makes these visits in turn, and prints what each came
 * to.
 */
const visits = JSON.parse(process.argv[2] ?? "[]") as readonly EngineVisit[];

for (const visit of visits) process.stdout.write(`${JSON.stringify(await visitServer(visit))}\n`);
