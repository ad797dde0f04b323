import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { fitted, printTo, styled, writeRaw } from "./output.ts";

type Colour = "green" | "yellow" | "red" | "dim";
type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };
type Input = Readable & { readonly isTTY?: boolean };

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
};

/** https://no-color.org: any value but an empty one says no. */
const takesColours = (output: Output): boolean =>
  output.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";

/** The text in that colour where the output is a terminal that is to have colours, else as it is. */
export function coloured(colour: Colour, text: string, output: Output = process.stdout): string {
  if (!takesColours(output)) return text;
  return styled(text, ...codes[colour]);
}

/** One line that is written over, where the output is a terminal; nothing elsewhere. */
export function progressLine(output: Output = process.stderr): { show(text: string): void; clear(): void } {
  let isShown = false;
  return {
    show(text) {
      if (output.isTTY !== true) return;
      writeRaw(output, `\r\u001B[K${fitted(text, (output.columns ?? 80) - 1)}`);
      isShown = true;
    },
    clear() {
      if (isShown) writeRaw(output, "\r\u001B[K");
      isShown = false;
    },
  };
}

/** Empties the terminal, and what was scrolled out of it; nothing elsewhere. */
export function clearScreen(output: Output = process.stdout): void {
  if (output.isTTY === true) writeRaw(output, "\u001B[H\u001B[2J\u001B[3J");
}

export function bar(done: number, all: number): string {
  const width = 24;
  const filled = all === 0 ? width : Math.round((done / all) * width);
  return `[${"=".repeat(filled)}${" ".repeat(width - filled)}] ${done}/${all}`;
}

/**
 * Says what will happen and asks on the terminal. Whether the answer is yes. Errors: `option-invalid` where there is no
 * terminal to ask on; `time-budget-spent` when the signal fires before there is an answer.
 */
export async function confirmed(
  what: readonly string[],
  yes: boolean,
  signal: AbortSignal,
  { input, output }: { readonly input: Input; readonly output: Output } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<boolean> {
  printTo(output, what);
  if (yes) return true;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new RekeyError("option-invalid", {
      context: { option: "yes", problem: "there is no terminal to ask on" },
      hint: "say --yes when this is what you want; nothing was done",
    });
  }
  // The terminal itself edits the line, and gives Ctrl-C to the process.
  const lines = createInterface({ input, terminal: false });
  const left = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  writeRaw(output, "Go on? [y/N] ");
  try {
    const answer = await Promise.race([lines.question("", { signal }), left]);
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RekeyError("time-budget-spent", { context: { problem: "no answer" }, hint: "nothing was done" });
  } finally {
    lines.close();
  }
}
