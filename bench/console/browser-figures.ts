import type { Browser } from "playwright-core";
import { median } from "../figure.ts";
import type { RunningConsole } from "./console-process.ts";
import { secretNameAt } from "./filled-account.ts";
import { drawn, scrollThrough, type Scrolled } from "./in-page.ts";

/** Medians over the rounds. */
export interface BrowserTimes {
  readonly openMs: number;
  readonly searchMs: number;
  readonly endMs: number;
  readonly scrolled: Scrolled & { readonly requests: number };
}

const rowLink = (index: number): string => `tr[data-index="${index}"] a`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** What somebody waits for who looks at the console with a browser. */
export async function browserTimes(browser: Browser, on: RunningConsole, rounds: number): Promise<BrowserTimes> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    let requests = 0;
    page.on("request", (request) => {
      if (request.url().includes("/api/fleet") && !request.url().endsWith("/live")) requests++;
    });
    await page.goto(await on.newAddress());
    await drawn(page, rowLink(0));
    const [openMs, searchMs, endMs]: [number[], number[], number[]] = [[], [], []];
    const last = rowLink(on.secrets - 1);
    for (let round = 0; round < rounds; round++) {
      openMs.push(
        await timed(async () => {
          await page.goto(`${on.origin}/`, { waitUntil: "commit" });
          await drawn(page, rowLink(0));
        }),
      );
      endMs.push(
        await timed(async () => {
          await page.locator(rowLink(0)).press("End");
          await drawn(page, last);
        }),
      );
      await page.locator(last).press("Home");
      await drawn(page, rowLink(0));
      const found = secretNameAt(100 + round);
      searchMs.push(
        await timed(async () => {
          await page.getByLabel("Name", { exact: true }).fill(found.split("/")[2] ?? "");
          await drawn(page, `${rowLink(0)}[href*="${encodeURIComponent(found)}"]`);
        }),
      );
    }
    await page.goto(`${on.origin}/`);
    await drawn(page, rowLink(0));
    requests = 0;
    const scrolled = await scrollThrough(page);
    await drawn(page, last);
    return {
      openMs: median(openMs),
      searchMs: median(searchMs),
      endMs: median(endMs),
      scrolled: { ...scrolled, requests },
    };
  } finally {
    await context.close();
  }
}
