import { type Browser, chromium } from "playwright-core";
import { outsideProgram } from "./outside-program.ts";

/** Debian's; what needs it is skipped by name where there is none. */
export const chromiumPath = outsideProgram("REKEY_CHROMIUM", "Debian's package chromium", "chromium");

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]; // prettier-ignore

export const launchChromium = async (...words: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath ?? "", args: [...quiet, ...words], headless: true });
