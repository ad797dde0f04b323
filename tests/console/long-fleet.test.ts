import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Console, startConsole } from "../../console/server/console-server.ts";
import type { SecretOperations } from "../../console/server/secret-routes.ts";
import { packageRoot } from "../../local/package-root.ts";
import { memoryFleet } from "../operations/memory-fleet.ts";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { type Watched, watchedPage } from "./browser.ts";

/** Of the browser. */
declare function requestAnimationFrame(step: (ms: number) => void): number;

const secrets = 3_000;
const rowPx = 40;
const blocksInView = 2;
const names = Array.from({ length: secrets }, (_secret, at) => `app-${String(at).padStart(4, "0")}`);
const soon = { timeout: 60_000 };
const unused = async (): Promise<never> => {
  throw new Error("not asked for here");
};
const operations: SecretOperations = { planRotation: unused, planRollback: unused, rollBack: unused, examine: unused };

describe.skipIf(chromiumPath === undefined)("a fleet of thousands in Chromium", () => {
  let served: Console;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    const { ports } = memoryFleet(names);
    served = await startConsole({
      port: 0,
      folder: resolve(packageRoot, "dist/package/console"),
      ports: {
        ...ports,
        pause: async (ms, { signal }) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
      },
      operations,
      place: { region: "us-east-1", clusters: [], hasAdoptions: false, version: "0" },
    });
    browser = await launchChromium();
    watched = await watchedPage(browser);
    await watched.page.goto(served.newAddress());
    await watched.page.getByText("3,000 secrets").waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  const drawn = async (): Promise<number> => watched.page.locator("tr").count();
  const focused = async (): Promise<string> => watched.page.evaluate("document.activeElement.textContent");

  test("End goes to the last row and Home to the first, the row before the window follows the arrow, and few are drawn", async () => {
    const { page } = watched;
    await page.getByRole("link", { name: "app-0000" }).press("End");
    await expect.poll(focused, soon).toBe("app-2999");
    await page.keyboard.press("ArrowUp");
    await expect.poll(focused, soon).toBe("app-2998");
    expect(await drawn()).toBeLessThan(60);
    await page.keyboard.press("Home");
    await expect.poll(focused, soon).toBe("app-0000");
    expect(await drawn()).toBeLessThan(60);
  });

  test("has the length of all its rows, and asks for what is in view at most every 60 ms, not for all that goes by", async () => {
    const { page } = watched;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const { height, ms } = await page.locator(".scrolled").evaluate(async (scrolled) => {
      const beganMs = performance.now();
      for (let at = 0; at < scrolled.scrollHeight; at += 2_000) {
        scrolled.scrollTop = at;
        await new Promise((frame) => requestAnimationFrame(frame));
      }
      scrolled.scrollTop = scrolled.scrollHeight;
      return { height: scrolled.scrollHeight, ms: performance.now() - beganMs };
    });
    expect(height).toBeGreaterThanOrEqual(secrets * rowPx);
    await page.getByRole("link", { name: "app-2999" }).waitFor();
    const mostAsks = ms / 60 + 4;
    expect(asked.filter((url) => url.includes("offset=")).length).toBeLessThanOrEqual(mostAsks * blocksInView);
  });

  test("shows the first rows of a filter that is chosen at its end", async () => {
    const { page } = watched;
    await page.getByLabel("Name", { exact: true }).fill("app-15");
    await page.getByRole("link", { name: "app-1500" }).waitFor();
    await page.getByText("100 secrets").waitFor();
    expect(watched.complaints).toEqual([]);
  });
});
