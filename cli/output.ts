import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

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

/** Stands for the start of rekey's own terminal sequences in a line. Nobody else can know it, so nobody else's text has one. */
const mark = `\u{FDD0}${randomUUID()}`;
export const styled = (text: string, on: number, off: number): string => `${mark}${on}m${text}${mark}${off}m`;

const own = new Map<Writable, (text: string) => unknown>(
  [process.stdout, process.stderr].map((stream) => [stream, stream.write.bind(stream)]),
);

/** Writes terminal sequences of rekey's own. */
export const writeRaw = (output: Writable, text: string): void => {
  const write = own.get(output);
  if (write === undefined) output.write(text);
  else write(text);
};

/** Whatever a secret, a server or a tag put into it, each of these stays one line, and gives the terminal no command. */
export function printTo(output: Writable, lines: readonly string[]): void {
  const text = lines.map((line) => `${line.replaceAll(unprintable, escape).replaceAll(mark, "\u001B[")}\n`);
  writeRaw(output, text.join(""));
}

export const printLines = (lines: readonly string[]): void => printTo(process.stdout, lines);
export const print = (...lines: readonly string[]): void => printLines(lines);
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
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (text: string, told?: (error?: Error | null) => void) => boolean;
    const decoder = new StringDecoder("utf8");
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      told?: (error?: Error | null) => void,
    ): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      return write(text.replaceAll(unprintableInLines, escape), typeof encoding === "function" ? encoding : told);
    };
  }
}
