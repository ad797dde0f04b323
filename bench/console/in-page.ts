import type { EntryType } from "node:perf_hooks";
import type { Page } from "playwright-core";

/** What is here of the browser that these functions are sent to. */
declare const document: {
  querySelector(selector: string): {
    scrollTop: number;
    readonly scrollHeight: number;
    readonly clientHeight: number;
  } | null;
  querySelectorAll(selector: string): { readonly length: number };
};
declare function requestAnimationFrame(step: () => void): void;

export interface Scrolled {
  readonly mostRows: number;
  /** 0: none took 50 ms. */
  readonly longestTaskMs: number;
  readonly longestFrameMs: number;
}

/** Looks in each frame; Playwright's own waiting looks twice a second at last. */
export const drawn = async (page: Page, selector: string): Promise<void> =>
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

/** From top to bottom in three seconds, a step in each frame. */
export const scrollThrough = async (page: Page): Promise<Scrolled> =>
  page.evaluate(
    async () =>
      new Promise((resolve) => {
        const scrolled = document.querySelector(".scrolled");
        if (scrolled === null) throw new Error("there is no table");
        let [mostRows, longestTaskMs, longestFrameMs] = [0, 0, 0];
        const tasks = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
        });
        tasks.observe({ entryTypes: ["longtask" as EntryType] });
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
