import { createInterface } from "node:readline/promises";
import { RekeyError } from "../shared/errors/rekey-error.ts";

type Colour = "green" | "yellow" | "red" | "dim";

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
};

/** https://no-color.org: any value but an empty one says no. */
const isColoured = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";

/** The text in that colour where stdout is a terminal that is to have colours, else as it is. */
export function coloured(colour: Colour, text: string): string {
  if (!isColoured(process.stdout)) return text;
  const [on, off] = codes[colour];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** One line on stderr that is written over, where that is a terminal; nothing elsewhere. */
export function progressLine(): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  let isShown = false;
  const clear = (): void => {
    if (isShown) stderr.write("\r\u001B[K");
    isShown = false;
  };
  return {
    clear,
    show(text) {
      if (!stderr.isTTY) return;
      stderr.write(`\r\u001B[K${text.slice(0, (stderr.columns || 80) - 1)}`);
      isShown = true;
    },
  };
}

export function bar(done: number, all: number): string {
  const width = 24;
  const filled = all === 0 ? width : Math.round((done / all) * width);
  return `[${"=".repeat(filled)}${" ".repeat(width - filled)}] ${done}/${all}`;
}

/**
 * Says on stderr what will happen and asks on the terminal. Whether the answer is yes. Errors: `option-invalid` where there
 * is no terminal to ask on.
 */
export async function confirmed(what: string, yes: boolean, signal: AbortSignal): Promise<boolean> {
  console.error(what);
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new RekeyError("option-invalid", {
      context: { option: "yes", problem: "there is no terminal to ask on" },
      hint: "say --yes when this is what you want; nothing was done",
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await lines.question("Go on? [y/N] ", { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
