import { chromiumPath, launchChromium } from "../../tests/support/chromium.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { browserTimes } from "./browser-figures.ts";
import { type RunningConsole, startConsoleOf } from "./console-process.ts";
import { idleCpu, pageTimes, readWhole, timesAfterChange } from "./server-figures.ts";

const sizes = { few: 1_000, many: 100_000 } as const;
const few = `${sizes.few} secrets`;
const rounds = 15;
/** Each waits for the index, which tells of changes once a second. */
const changeRounds = 5;
const mebibyte = 1_048_576;
/** Beyond these somebody waits, or a laptop's memory is felt. */
const aims = { page: 50, block: 250, bytes: 1_536, rows: 100 } as const;

type Tell = (figure: string, unit: string, value: number, peers: Readonly<Record<string, number>>) => void;

type Read = Awaited<ReturnType<typeof readWhole>>;

async function startAndRead(secrets: number, cleanup: AsyncDisposableStack) {
  const on = await startConsoleOf(secrets, cleanup);
  return { on, read: await readWhole(on) };
}

function tellReading(tell: Tell, before: Read, read: Read): void {
  tell("from the start until the list is read, most of it the local stack's", "ms", read.wholeMs, {
    [few]: before.wholeMs,
  });
  tell("ListSecrets for it", "calls", read.lists, { [few]: before.lists });
  tell("CPU for it, for each secret, the start included", "µs", (read.cpuMs * 1_000) / sizes.many, {
    [few]: (before.cpuMs * 1_000) / sizes.few,
  });
  tell("heap for each secret", "bytes", (read.heapBytes - before.heapBytes) / (sizes.many - sizes.few), {
    "the aim": aims.bytes,
  });
  tell("the process", "MiB", read.rssBytes / mebibyte, { [few]: before.rssBytes / mebibyte });
  tell("a page by health while the list is read, median", "ms", read.pagesMs, { "the aim": aims.page });
  tell("the same, slowest", "ms", read.slowestPageMs, { "the aim": aims.block });
  tell("longest block while the list is read", "ms", read.longestBlockMs, { "the aim": aims.block });
}

async function tellPages(tell: Tell, one: RunningConsole, many: RunningConsole): Promise<void> {
  tell("CPU in a second while nobody looks", "ms", await idleCpu(many), { "a core": 1_000 });
  const pages = await pageTimes([one, many], rounds);
  for (const name of pages.names) {
    tell(name, "ms", pages.of(many, name), { [few]: pages.of(one, name), "the aim": aims.page });
  }
  for (const order of ["name", "health", "age"]) {
    const slow = await timesAfterChange(many, order, changeRounds);
    const quick = await timesAfterChange(one, order, changeRounds);
    tell(`first page by ${order} after a change`, "ms", slow, { [few]: quick, "the aim": aims.page });
  }
  const { longestBlockMs } = await many.probe();
  tell("longest block over all of these", "ms", longestBlockMs, { "the aim": aims.block });
}

async function tellBrowser(tell: Tell, one: RunningConsole, many: RunningConsole): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  if (chromiumPath === undefined) {
    console.log("console: there is no Chromium, so nothing is measured in a browser");
    return;
  }
  const browser = await launchChromium();
  cleanup.defer(async () => browser.close());
  const quick = await browserTimes(browser, one, 5);
  const slow = await browserTimes(browser, many, 5);
  tell("Chromium, from opening to the first rows", "ms", slow.openMs, { [few]: quick.openMs });
  tell("from typing to the rows found, 250 ms of waiting included", "ms", slow.searchMs, { [few]: quick.searchMs });
  tell("from End to the last row", "ms", slow.endMs, { [few]: quick.endMs });
  tell("scrolling through all in 3 s: most rows drawn", "rows", slow.scrolled.mostRows, { "the aim": aims.rows });
  tell("longest frame", "ms", slow.scrolled.longestFrameMs, { [few]: quick.scrolled.longestFrameMs });
  tell("longest task, 0 below 50 ms", "ms", slow.scrolled.longestTaskMs, { "the aim": aims.page });
  tell("requests", "requests", slow.scrolled.requests, { [few]: quick.scrolled.requests });
}

/**
 * `rekey console` over 100,000 secrets of the local stack beside one over 1,000 at the same time, with Vault and the adoption
 * table: the server's answers, what its process takes, and what Chromium shows.
 */
export async function benchConsole(): Promise<readonly Figure[]> {
  await using cleanup = new AsyncDisposableStack();
  const one = await startAndRead(sizes.few, cleanup);
  const many = await startAndRead(sizes.many, cleanup);
  const figures: Figure[] = [];
  const tell: Tell = (figure, unit, value, peers) =>
    void figures.push(...figuresOf("console", `100,000 secrets: ${figure}`, unit, value, peers));
  tellReading(tell, one.read, many.read);
  await tellPages(tell, one.on, many.on);
  await tellBrowser(tell, one.on, many.on);
  return figures;
}
