import { ServerMisbehaved } from "../connecting/guarded-stream.ts";

/** What a server answers with, as far as rekey's statements have it answer. Source: MS-TDS, 2.2.7. */
const tokens = {
  columns: 0x81,
  order: 0xa9,
  error: 0xaa,
  info: 0xab,
  loginAck: 0xad,
  featureAck: 0xae,
  row: 0xd1,
  rowWithNulls: 0xd2,
  environment: 0xe3,
  returnStatus: 0x79,
  done: 0xfd,
  doneProc: 0xfe,
  doneInProc: 0xff,
} as const;

const packetSizeChanged = 4;
const routed = 20;
const nvarchar = 0xe7;
const ofAnyLength = 0xff_ff;
const nullLength = 0xff_ff_ff_ff_ff_ff_ff_ffn;
const unknownLength = 0xff_ff_ff_ff_ff_ff_ff_fen;

export interface ServerError {
  readonly number: number;
  readonly state: number;
  readonly severity: number;
}

export interface Answer {
  readonly errors: readonly ServerError[];
  readonly isLoggedIn: boolean;
  /** The size of packets that the server wants from now on. */
  readonly packetBytes: number | undefined;
  /** The one text of the one row that each of rekey's queries has; `undefined` for none. */
  readonly text: string | undefined;
}

/** Reads forward in a message, and never beyond its end. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new ServerMisbehaved("a token longer than its message");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  byte = (): number => this.take(1).readUInt8();
  short = (): number => this.take(2).readUInt16LE();
  long = (): number => this.take(4).readUInt32LE();
  wide = (): bigint => this.take(8).readBigUInt64LE();
}

/** One column, an nvarchar(max) whose name is not looked at. */
function readColumns(reader: Reader): void {
  if (reader.short() !== 1) throw new ServerMisbehaved("another number of columns");
  // User type and flags.
  reader.take(6);
  if (reader.byte() !== nvarchar || reader.short() !== ofAnyLength)
    throw new ServerMisbehaved("a column of another type");
  // Collation, then the name.
  reader.take(5);
  reader.take(2 * reader.byte());
}

function readText(reader: Reader): string | undefined {
  const length = reader.wide();
  if (length === nullLength) return undefined;
  const parts: Buffer[] = [];
  for (let size = reader.long(); size > 0; size = reader.long()) parts.push(reader.take(size));
  const bytes = Buffer.concat(parts);
  if (bytes.length % 2 !== 0 || (length !== unknownLength && length !== BigInt(bytes.length)))
    throw new ServerMisbehaved("a text of another length");
  return bytes.toString("utf16le");
}

function readError(token: Buffer): ServerError {
  if (token.length < 6) throw new ServerMisbehaved("an error without a number");
  return { number: token.readInt32LE(0), state: token.readUInt8(4), severity: token.readUInt8(5) };
}

function readPacketSize(change: Buffer): number {
  const text = change.subarray(2, 2 + 2 * (change[1] ?? 0)).toString("utf16le");
  const size = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (size < 512 || size > 32_767) throw new ServerMisbehaved("an impossible size of packets");
  return size;
}

/** A whole answer. Errors: `ServerMisbehaved` for whatever no answer to rekey's statements has, another server's address among it. */
export function readAnswer(message: Buffer): Answer {
  const reader = new Reader(message);
  const errors: ServerError[] = [];
  let isLoggedIn = false;
  let packetBytes: number | undefined;
  let text: string | undefined;
  let hasColumns = false;
  let rows = 0;
  let isDone = false;

  const readRow = (isNull: boolean): void => {
    rows += 1;
    if (!hasColumns || rows > 1) throw new ServerMisbehaved("a row that nobody asked for");
    text = isNull ? undefined : readText(reader);
  };
  const readToken = (token: number): void => {
    switch (token) {
      case tokens.columns:
        readColumns(reader);
        hasColumns = true;
        return;
      case tokens.row:
        return readRow(false);
      case tokens.rowWithNulls:
        return readRow((reader.byte() & 1) !== 0);
      case tokens.error:
        errors.push(readError(reader.take(reader.short())));
        return;
      case tokens.loginAck:
        isLoggedIn = true;
        reader.take(reader.short());
        return;
      case tokens.environment: {
        const change = reader.take(reader.short());
        if (change[0] === routed) throw new ServerMisbehaved("leads to another server");
        if (change[0] === packetSizeChanged) packetBytes = readPacketSize(change);
        return;
      }
      case tokens.info:
      case tokens.order:
        reader.take(reader.short());
        return;
      case tokens.returnStatus:
        reader.take(4);
        return;
      case tokens.done:
      case tokens.doneProc:
      case tokens.doneInProc:
        // Status, current command, number of rows.
        isDone = token !== tokens.doneInProc && (reader.short() & 1) === 0;
        reader.take(token === tokens.doneInProc ? 12 : 10);
        return;
      default:
        throw new ServerMisbehaved("a token that nobody asked for");
    }
  };

  while (!reader.isAtEnd) readToken(reader.byte());
  if (!isDone) throw new ServerMisbehaved("an answer that is not done");
  return { errors, isLoggedIn, packetBytes, text };
}
