/** Tokens of TDS, as a server writes them. Source: MS-TDS, 2.2.7. */

const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");
const byteText = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), utf16(text)]);
const short = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const sized = (token: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([token]), short(content.length), content]);
};

export const packet = (kind: number, content: Buffer, length = content.length + 8, isLast = true): Buffer => {
  const header = Buffer.from([kind, isLast ? 1 : 0, 0, 0, 0, 0, 1, 0]);
  header.writeUInt16BE(length & 0xff_ff, 2);
  return Buffer.concat([header, content]);
};

/** A message in packets of the size that both sides begin with. */
export function message(kind: number, content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < content.length; at += 4_088) {
    const part = content.subarray(at, at + 4_088);
    parts.push(packet(kind, part, part.length + 8, at + 4_088 >= content.length));
  }
  return Buffer.concat(parts);
}

export const done = (status = 0): Buffer => Buffer.concat([Buffer.from([0xfd]), short(status), Buffer.alloc(10)]);

/** An error; its text is the server's own words, which hold what was sent. */
const error = (number: number, text = "the server's own words", state = 1): Buffer =>
  sized(
    0xaa,
    long(number),
    Buffer.from([state, 14]),
    short(text.length),
    utf16(text),
    byteText("tds"),
    byteText(""),
    long(1),
  );

export const failed = (...numbers: readonly number[]): Buffer =>
  Buffer.concat([...numbers.map((number) => error(number)), done(2)]);

export const environment = (kind: number, now: string, before = ""): Buffer =>
  sized(0xe3, Buffer.from([kind]), byteText(now), byteText(before));

export const loggedIn = (database: string): Buffer =>
  Buffer.concat([
    environment(1, database, "master"),
    sized(0xad, Buffer.from([1, 0x74, 0, 0, 4]), byteText("Microsoft SQL Server"), Buffer.from([16, 0, 16, 0])),
    environment(4, "4096", "4096"),
    done(),
  ]);

const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** One column, an nvarchar(max). */
export const columns = (count = 1, type = 0xe7): Buffer =>
  Buffer.concat([
    Buffer.from([0x81]),
    short(count),
    long(0),
    short(1),
    Buffer.from([type, 0xff, 0xff]),
    collation,
    byteText("answer"),
  ]);

/** A text in pieces, as a server sends one of any length. */
export function row(text: string | undefined): Buffer {
  if (text === undefined) return Buffer.concat([Buffer.from([0xd1]), Buffer.alloc(8, 0xff)]);
  const bytes = utf16(text);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8_000) {
    const piece = bytes.subarray(at, at + 8_000);
    pieces.push(long(piece.length), piece);
  }
  return Buffer.concat([Buffer.from([0xd1]), size, ...pieces, long(0)]);
}

export const answer = (text: string | undefined): Buffer => Buffer.concat([columns(), row(text), done(0x10)]);

/** What a server says of TLS before the login. */
export const preloginAnswer = (encryption: number): Buffer =>
  Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 16, 0, 0, 0, encryption]);

export interface LoginFields {
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** What a login says, with its password out of its disguise. */
export function readLogin(content: Buffer): LoginFields {
  const field = (at: number): Buffer => {
    const start = content.readUInt16LE(at);
    return content.subarray(start, start + 2 * content.readUInt16LE(at + 2));
  };
  const bare = Buffer.from(field(44).map((byte) => (((byte ^ 0xa5) & 0x0f) << 4) | ((byte ^ 0xa5) >> 4)));
  return {
    username: field(40).toString("utf16le"),
    password: bare.toString("utf16le"),
    database: field(68).toString("utf16le"),
  };
}

/** The text of a batch, behind its headers. */
export const readBatch = (content: Buffer): string => content.subarray(content.readUInt32LE(0)).toString("utf16le");
