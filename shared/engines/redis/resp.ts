import { RekeyError } from "../../errors/rekey-error.ts";

/** `ACL GETUSER` of a user with many rules is the longest answer that rekey asks for. */
const mostBytes = 256 * 1024;
const mostNested = 8;

/** A server's refusal. Its text may repeat what was sent, so it is only compared. */
export class ErrorReply extends Error {}

interface Read {
  readonly value: unknown;
  /** Where the next value begins. */
  readonly end: number;
}

export const misbehaved = (problem: string): RekeyError =>
  new RekeyError("server-misbehaved", {
    context: { problem },
    hint: "the server does not answer in Redis's protocol; check host and port",
  });

/** A command as a list of strings of stated length. */
export const encodeCommand = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

function lineAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  const end = bytes.indexOf("\r\n", start, "latin1");
  return end === -1 ? undefined : { text: bytes.toString("utf8", start, end), end: end + 2 };
}

/**
 * A length or a count; -1 is RESP2's null. One that cannot fit into the longest answer is refused before anything is kept
 * for it.
 */
function sizeOf(text: string, leastBytes: number): number {
  if (text === "-1") return -1;
  const size = /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
  if (size * leastBytes > mostBytes) throw misbehaved("an impossible length");
  return size;
}

function readText(bytes: Buffer, start: number, length: number): Read | undefined {
  const end = start + length;
  if (bytes.length < end + 2) return undefined;
  if (bytes.toString("latin1", end, end + 2) !== "\r\n") throw misbehaved("a string of another length");
  return { value: bytes.toString("utf8", start, end), end: end + 2 };
}

function readList(bytes: Buffer, start: number, count: number, nested: number): Read | undefined {
  const value: unknown[] = [];
  let end = start;
  while (value.length < count) {
    const item = readAnswer(bytes, end, nested + 1);
    if (item === undefined) return undefined;
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}

function mapOf(read: Read | undefined): Read | undefined {
  if (read === undefined) return undefined;
  const map: Record<string, unknown> = Object.create(null);
  const items = read.value as readonly unknown[];
  for (let index = 0; index < items.length; index += 2) map[String(items[index])] = items[index + 1];
  return { value: map, end: read.end };
}

/**
 * The value that begins here, or `undefined` while it is not whole. Redis's protocol, versions 2 and 3, without what nothing here
 * asks for: pushed messages, attributes and streamed values. An error is a value too: `ErrorReply`. Errors: `server-misbehaved`.
 */
function readAnswer(bytes: Buffer, start = 0, nested = 0): Read | undefined {
  if (nested > mostNested) throw misbehaved(`values nested more than ${mostNested} deep`);
  const kind = String.fromCharCode(bytes[start] ?? 0);
  if (start >= bytes.length) return undefined;
  if (!"+-:_#,($=!*~%".includes(kind)) throw misbehaved("an unknown kind of value");
  const line = lineAt(bytes, start + 1);
  if (line === undefined) return undefined;
  const { text, end } = line;
  switch (kind) {
    case "-":
      return { value: new ErrorReply(text), end };
    case ":":
    case ",":
      return { value: Number(text), end };
    case "_":
      return { value: null, end };
    case "#":
      return { value: text === "t", end };
    case "$":
    case "=":
    case "!": {
      const length = sizeOf(text, 1);
      const read = length === -1 ? { value: null, end } : readText(bytes, end, length);
      return read !== undefined && kind === "!" ? { value: new ErrorReply(String(read.value)), end: read.end } : read;
    }
    case "*":
    case "~":
    case "%": {
      const count = sizeOf(text, kind === "%" ? 6 : 3);
      if (count === -1) return { value: null, end };
      return kind === "%" ? mapOf(readList(bytes, end, count * 2, nested)) : readList(bytes, end, count, nested);
    }
    default:
      return { value: text, end };
  }
}

/** The one answer in these bytes, or `undefined` while it is not whole. Errors: `server-misbehaved`. */
export function wholeAnswer(bytes: Buffer): Read | undefined {
  const read = readAnswer(bytes);
  if ((read?.end ?? bytes.length) < bytes.length) throw misbehaved("more than one answer");
  if (read === undefined && bytes.length > mostBytes) throw misbehaved(`an answer of more than ${mostBytes} bytes`);
  return read;
}
