import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout } from "node:timers/promises";
import { codeOfLoss, type Outlet, outletOf } from "./outlet.ts";

/** Control and format characters (escape sequences, overrides of the direction, invisible ones) and separators of lines. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** What others print into this process's streams keeps its lines and tabs. */
const unprintableInLines = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** As JSON writes them, so that JSON stays JSON. */
const escape = (found: string): string =>
  Array.from(
    { length: found.length },
    (_, at) => String.raw`\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");

/** Marks the start of rekey's own terminal sequences in a line. It is random, so no other text can contain it. */
const mark = `\u{FDD0}${randomUUID()}`;
export const styled = (text: string, on: number, off: number): string => `${mark}${on}m${text}${mark}${off}m`;

export const stdoutOutlet = outletOf(process.stdout);
const stderrOutlet = outletOf(process.stderr);
const outlets: ReadonlyMap<Writable, Outlet> = new Map<Writable, Outlet>([
  [process.stdout, stdoutOutlet],
  [process.stderr, stderrOutlet],
]);
/** Errors and progress that a stalled reader of stderr leaves waiting, in bytes; more is dropped. */
const mostPendingErrors = 1_048_576;

/** The code of what a stream failed with. Nothing is written to it from then on: a gap in the output would go unnoticed. */
const lost = new Map<Outlet, string>();
let told: (code: string) => void = () => undefined;

/** Has `listener` called when stdout takes no more: with the system's code, such as `EPIPE` where its reader is gone. */
export const onStdoutLost = (listener: (code: string) => void): void => void (told = listener);

function lose(outlet: Outlet, code: string): void {
  if (lost.has(outlet)) return;
  lost.set(outlet, code);
  if (outlet === stdoutOutlet) told(code);
}

function writeTo(outlet: Outlet, text: string, done?: (error?: Error | null) => void): void {
  if (lost.has(outlet) || (outlet === stderrOutlet && outlet.pending() > mostPendingErrors)) return done?.();
  outlet.write(text, (error) => {
    if (error) lose(outlet, codeOfLoss(error));
    done?.();
  });
}

/** Writes terminal sequences of rekey's own. */
export const writeRaw = (output: Writable, text: string): void => {
  const outlet = outlets.get(output);
  if (outlet === undefined) output.write(text);
  else writeTo(outlet, text);
};

/** What a slow reader of stdout may leave waiting, in bytes, before a command that prints much waits for it. */
const mostPending = 16 * 1_048_576;
/** A reader that took nothing for so long is gone. */
const longestStandstillMs = 600_000;
export const stalledCode = "ETIMEDOUT";

/** Waits until the reader of stdout has taken enough that more can be printed, or is gone. Awaited where many lines are printed. */
export async function roomToPrint(): Promise<void> {
  const outlet = stdoutOutlet;
  let [before, sinceMs] = [outlet.pending(), performance.now()];
  while (outlet.pending() > mostPending && !lost.has(outlet)) {
    await setTimeout(50);
    if (outlet.pending() < before) [before, sinceMs] = [outlet.pending(), performance.now()];
    else if (performance.now() - sinceMs > longestStandstillMs) lose(outlet, stalledCode);
  }
}

/** Whatever a secret, a server or a tag put into it, each of these stays one line, and gives the terminal no command. */
export const inLines = (lines: readonly string[]): string =>
  lines.map((line) => `${line.replaceAll(unprintable, escape).replaceAll(mark, "\u001B[")}\n`).join("");

export const printTo = (output: Writable, lines: readonly string[]): void => writeRaw(output, inLines(lines));

export const printLines = (lines: readonly string[]): void => printTo(process.stdout, lines);
export const print = (...lines: readonly string[]): void => printTo(process.stdout, lines);
export const printError = (...lines: readonly string[]): void => printTo(process.stderr, lines);

/** For programs: in one line, or indented. */
export const printJson = (value: unknown, indent?: number): void =>
  printLines(JSON.stringify(value, undefined, indent).split("\n"));

/** One line within the terminal's width, without its end. */
export const fitted = (text: string, width: number): string =>
  Array.from(text.replaceAll(unprintable, escape)).slice(0, width).join("");

/**
 * Has everything that others write to this process's streams (a library, the runtime of functions on the local stack)
 * escaped too. Called once, before a command runs.
 */
export function guardStreams(): void {
  for (const [stream, outlet] of outlets) {
    const decoder = new StringDecoder("utf8");
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      writeTo(outlet, text.replaceAll(unprintableInLines, escape), typeof encoding === "function" ? encoding : done);
      return !stream.writableNeedDrain;
    };
  }
}
