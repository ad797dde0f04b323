import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the page, violations of its policy among them, but for answers that say a refusal. */
  readonly complaints: string[];
  /** All that the server has sent, but for streams: see `streamed`. */
  readonly received: string[];
}

/** A window of its own, with all that it receives and complains of written down. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const received: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      if (!/the server responded with a status of 4\d\d/.test(message.text())) complaints.push(message.text());
    }
  });
  page.on("response", (response) => {
    if (response.headers()["content-type"]?.startsWith("text/event-stream") === true) return;
    response.text().then(
      (text) => received.push(text),
      () => undefined,
    );
  });
  return { page, complaints, received };
}

/** What the page is told on streams of events, of each the first ones. */
export const streamed = async (page: Page, paths: readonly string[]): Promise<readonly string[]> =>
  page.evaluate(
    async (all) =>
      Promise.all(
        all.map(async (path) => {
          const reader = (await fetch(path)).body?.pipeThrough(new TextDecoderStream()).getReader();
          let text = "";
          while (!text.includes("\n\n")) {
            const { done = true, value = "" } = (await reader?.read()) ?? {};
            if (done) break;
            text += value;
          }
          await reader?.cancel();
          return text;
        }),
      ),
    paths,
  );

/** As people who do not see, or do not use a mouse, meet the page: axe's rules, the best practices among them. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run());
  expect(violations.map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html) }))).toEqual([]);
}

/** For people to look at, where `REKEY_SCREENSHOTS` names a folder. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env["REKEY_SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
