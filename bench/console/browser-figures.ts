import { type Browser, chromium, type Page } from "playwright-core";
import { outsideProgram } from "../../tests/support/outside-program.ts";
import { median } from "../figure.ts";
import type { RunningConsole } from "./console-process.ts";
import { nameOf } from "./filled-account.ts";

const executablePath = outsideProgram("REKEY_CHROMIUM", "Debian's package chromium", "chromium");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]; // prettier-ignore

/** `undefined` where there is no Chromium. */
export const launchBrowser = async (): Promise<Browser | undefined> =>
  executablePath === undefined ? undefined : chromium.launch({ executablePath, args: quiet, headless: true });

export interface Scrolled {
  readonly mostRows: number;
  readonly longestTaskMs: number;
  readonly longestFrameMs: number;
  readonly requests: number;
}

/** Of the names `measure` gives, medians over the rounds, in milliseconds. */
export interface BrowserTimes {
  readonly openMs: number;
  readonly searchMs: number;
  readonly endMs: number;
  readonly scrolled: Scrolled;
}

const rowLink = (index: number): string => `tr[data-index="${index}"] a`;

/** Looks in each frame; Playwright's own waiting looks twice a second at last. */
const drawn = async (page: Page, selector: string): Promise<void> =>
  page.evaluate(
    async (wanted) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (document.querySelector(wanted) === null) requestAnimationFrame(look);
          else resolve();
        };
        look();
      }),
    selector,
  );

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** From top to bottom in three seconds, a step in each frame. */
const scrollThrough = async (page: Page): Promise<Omit<Scrolled, "requests">> =>
  page.evaluate(
    async () =>
      new Promise((resolve) => {
        const scrolled = document.querySelector(".scrolled");
        if (scrolled === null) throw new Error("there is no table");
        let [mostRows, longestTaskMs, longestFrameMs] = [0, 0, 0];
        const tasks = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
        });
        tasks.observe({ type: "longtask" });
        const beganMs = performance.now();
        let frameMs = beganMs;
        const step = (): void => {
          const nowMs = performance.now();
          longestFrameMs = Math.max(longestFrameMs, nowMs - frameMs);
          frameMs = nowMs;
          mostRows = Math.max(mostRows, document.querySelectorAll("tr").length);
          const share = (nowMs - beganMs) / 3_000;
          scrolled.scrollTop = (scrolled.scrollHeight - scrolled.clientHeight) * Math.min(share, 1);
          if (share < 1) requestAnimationFrame(step);
          else {
            tasks.disconnect();
            resolve({ mostRows, longestTaskMs, longestFrameMs });
          }
        };
        requestAnimationFrame(step);
      }),
  );

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
      const found = nameOf(100 + round);
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
