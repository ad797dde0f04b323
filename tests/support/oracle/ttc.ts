/** Packets and fields of Oracle's protocol, as far as rekey's statements need them. */
export const packetTypes = { connect: 1, accept: 2, refuse: 4, redirect: 5, data: 6, resend: 11, marker: 12 } as const;

const longIndicator = 254;
const mostAtOnce = 252;

/** A number in its own length. */
export function number(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Buffer.from([bytes.length, ...bytes]);
}

/** Bytes with their length before them. */
export function bytes(content: Buffer | string): Buffer {
  const whole = Buffer.from(content);
  if (whole.length <= mostAtOnce) return Buffer.concat([Buffer.from([whole.length]), whole]);
  return Buffer.concat([Buffer.from([longIndicator]), number(whole.length), whole, number(0)]);
}

const sized = (content: string): Buffer =>
  content === "" ? number(0) : Buffer.concat([number(Buffer.byteLength(content)), bytes(content)]);

const raw = (...values: readonly number[]): Buffer => Buffer.from(values);
const zeros = (count: number): Buffer => Buffer.alloc(count);

/** A packet as it is before a session is accepted (lengths of two bytes), and after. */
export function packet(type: number, content: Buffer, isAccepted = true, flags = 0): Buffer {
  const header = zeros(8);
  if (isAccepted) header.writeUInt32BE(content.length + 8, 0);
  else header.writeUInt16BE(content.length + 8, 0);
  header[4] = type;
  header[5] = flags;
  return Buffer.concat([header, content]);
}

export const data = (...messages: readonly Buffer[]): Buffer =>
  packet(packetTypes.data, Buffer.concat([zeros(2), ...messages]));

/** `kind`: 1 breaks off, 2 resets. */
export const marker = (kind: number): Buffer => packet(packetTypes.marker, raw(1, 0, kind));

export function acceptance({ version = 318, unit = 8_192, compression = 0 } = {}): Buffer {
  const body = zeros(37);
  body.writeUInt16BE(version, 0);
  body.writeUInt16BE(Math.min(unit, 65_535), 4);
  body.writeUInt16BE(Math.min(unit, 65_535), 6);
  body[14] = 0x04;
  body[15] = 0x08;
  body.writeUInt32BE(unit, 24);
  body.writeUInt32BE(unit, 28);
  body[32] = compression;
  return packet(packetTypes.accept, body, false);
}

export function refusal(code: number): Buffer {
  const text = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`);
  const head = zeros(4);
  head.writeUInt16BE(text.length, 2);
  return packet(packetTypes.refuse, Buffer.concat([head, text]), false);
}

export function protocolAnswer(): Buffer {
  const characters = zeros(11);
  characters.writeUInt16BE(2_000, 9);
  const compile = zeros(53);
  // The fields of 19c.
  compile[7] = 12;
  const runtime = zeros(7);
  return Buffer.concat([
    raw(1, 6, 0),
    Buffer.from("x86_64/Linux 2.4.xx\0"),
    raw(0x69, 0x03, 1, 0, 0, 0, characters.length),
    characters,
    bytes(compile),
    bytes(runtime),
  ]);
}

export const dataTypesAnswer = (): Buffer => raw(2, 0, 0);

export const status = (): Buffer => Buffer.concat([raw(9), number(1), number(0)]);

export interface Pair {
  readonly key: string;
  readonly value: string;
  readonly flag?: number;
}

export const parameters = (pairs: readonly Pair[]): Buffer =>
  Buffer.concat([
    raw(8),
    number(pairs.length),
    ...pairs.flatMap(({ key, value, flag = 0 }) => [sized(key), sized(value), number(flag)]),
  ]);

/** How a statement ended: 0 is well, 1403 the end of its rows. */
export function ending(error: number, text = ""): Buffer {
  const numbers = (count: number): Buffer => zeros(count);
  return Buffer.concat([
    raw(4),
    number(1),
    numbers(7),
    zeros(6),
    numbers(2),
    zeros(1),
    numbers(2),
    number(0),
    zeros(2),
    numbers(6),
    number(error),
    number(0),
    ...(error === 0 ? [] : [bytes(`ORA-${String(error).padStart(5, "0")}: ${text}\n`)]),
  ]);
}

const column = (name: string, index: number, type: number): Buffer =>
  Buffer.concat([
    raw(type, 0, 0, 0),
    number(4_000),
    number(0),
    number(0),
    number(0),
    number(0),
    number(873),
    raw(1),
    number(4_000),
    number(0),
    raw(1, name.length),
    sized(name),
    number(0),
    number(0),
    number(index),
    number(0),
  ]);

export type Cell = string | null;

/** The columns of a query and its rows. `type`: 1 is text. */
export function rows(table: readonly (readonly Cell[])[], type = 1): Buffer {
  const [first = []] = table;
  const describe = Buffer.concat([
    raw(16),
    bytes(""),
    number(0),
    number(first.length),
    raw(0),
    ...first.map((_cell, index) => column(`C${index}`, index, type)),
    zeros(6),
  ]);
  const header = Buffer.concat([raw(6, 0), zeros(6)]);
  const lines = table.flatMap((cells) => [raw(7), ...cells.map((cell) => bytes(cell ?? ""))]);
  return Buffer.concat(table.length === 0 ? [] : [describe, header, ...lines]);
}

/** Reads what the driver writes. */
export class Reader {
  #at = 0;
  readonly #from: Buffer;

  constructor(from: Buffer) {
    this.#from = from;
  }

  byte(): number {
    return this.#from[this.#at++] ?? 0;
  }

  skip(count: number): void {
    this.#at += count;
  }

  number(): number {
    let value = 0;
    for (let left = this.byte(); left > 0; left--) value = value * 256 + this.byte();
    return value;
  }

  #take(count: number): Buffer {
    this.#at += count;
    return this.#from.subarray(this.#at - count, this.#at);
  }

  bytes(): Buffer {
    const length = this.byte();
    if (length !== longIndicator) return this.#take(length);
    const chunks: Buffer[] = [];
    for (let size = this.number(); size > 0; size = this.number()) chunks.push(this.#take(size));
    return Buffer.concat(chunks);
  }

  pairs(count: number): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let left = count; left > 0; left--) {
      this.number();
      const key = this.bytes().toString();
      found.set(key, this.number() > 0 ? this.bytes().toString() : "");
      this.number();
    }
    return found;
  }
}
