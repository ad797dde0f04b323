import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../figure.ts";
import type { RunningConsole } from "./console-process.ts";
import { pageSecrets as rows, teamOf } from "./filled-account.ts";

interface FleetAnswer {
  readonly secrets: readonly { readonly secretArn: string }[];
  readonly reading: { readonly isWhole: boolean };
  readonly revision: number;
}

/** As the page does for as long as somebody looks. */
const lookEveryMs = 1_000;

async function fleetPage(on: RunningConsole, query: string): Promise<{ answer: FleetAnswer; ms: number }> {
  const { answer, ms } = await on.get(`/fleet?${query}`);
  return { answer: answer as FleetAnswer, ms };
}

/** Until the index is whole, with somebody who looks at its first page all the while. */
export async function readWhole(on: RunningConsole) {
  const pagesMs: number[] = [];
  for (;;) {
    const { answer, ms } = await fleetPage(on, `order=health&offset=0&limit=${rows}`);
    if (answer.reading.isWhole) break;
    pagesMs.push(ms);
    await sleep(Math.min(lookEveryMs, on.secrets / 20));
  }
  const wholeMs = performance.now() - on.startedMs;
  const lists = await on.lists();
  const { cpuMs, longestBlockMs, heapBytes, rssBytes } = await on.probe();
  return {
    wholeMs,
    lists,
    pagesMs: median(pagesMs),
    slowestPageMs: Math.max(...pagesMs),
    cpuMs,
    longestBlockMs,
    heapBytes,
    rssBytes,
  };
}

/** What each round asks; words and tags are other ones each time, so that nothing of them is in order already. */
const pages: Readonly<Record<string, (on: RunningConsole, round: number) => string>> = {
  "first rows by name": () => "offset=0",
  "rows in the middle": (on) => `offset=${Math.floor(on.secrets / 2)}`,
  "last rows": (on) => `offset=${on.secrets - rows}`,
  "in the middle by health": (on) => `order=health&offset=${Math.floor(on.secrets / 2)}`,
  "in the middle by age": (on) => `order=age&offset=${Math.floor(on.secrets / 2)}`,
  "of new words": (_on, round) => `search=service-00${String(round).padStart(2, "0")}`,
  "of another tag": (_on, round) => `tag=team=${teamOf(round)}`,
  "of another tag, by age backwards": (_on, round) => `tag=team=${teamOf(round)}&order=age&descending=true`,
  "what is stuck": () => "health=stuck",
};

/** Milliseconds of each page, medians of the rounds; the consoles in turns. */
export async function pageTimes(consoles: readonly RunningConsole[], rounds: number) {
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, query] of Object.entries(pages)) {
      for (const on of consoles) {
        const key = `${on.secrets} ${name}`;
        const { ms } = await on.get(`/fleet?limit=${rows}&${query(on, round)}`);
        times.set(key, [...(times.get(key) ?? []), ms]);
      }
    }
    for (const on of consoles) {
      const key = `${on.secrets} standings of ${rows} rows`;
      const { ms } = await on.get(`/fleet/standings?limit=${rows}&offset=0`);
      times.set(key, [...(times.get(key) ?? []), ms]);
    }
  }
  return {
    names: [...Object.keys(pages), `standings of ${rows} rows`],
    of: (on: RunningConsole, name: string): number => median(times.get(`${on.secrets} ${name}`) ?? []),
  };
}

/** Changes one secret and looks at it; returns when the index knows of it. */
async function change(on: RunningConsole): Promise<void> {
  const { answer } = await fleetPage(on, "limit=1");
  await on.touch();
  const seen = on.events(`/secrets/${encodeURIComponent(answer.secrets[0]?.secretArn ?? "")}/live`);
  await seen.next();
  await seen.return(undefined);
  for await (const event of on.events("/fleet/live")) if ((event as FleetAnswer).revision > answer.revision) return;
}

/** Milliseconds of the first page after one secret has changed, when everything is put into order anew. */
export async function timesAfterChange(on: RunningConsole, order: string, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await change(on);
    const { ms } = await on.get(`/fleet?order=${order}&offset=${Math.floor(on.secrets / 2)}&limit=${rows}`);
    times.push(ms);
  }
  return median(times);
}

/** Of each second, milliseconds of CPU, while nobody looks and the list is not being read. */
export async function idleCpu(on: RunningConsole): Promise<number> {
  const seconds = 10;
  const before = await on.probe();
  const nothing = await on.probe();
  await sleep(seconds * 1_000);
  const after = await on.probe();
  return (after.cpuMs - nothing.cpuMs - (nothing.cpuMs - before.cpuMs)) / seconds;
}
