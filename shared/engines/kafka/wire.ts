import { ServerMisbehaved } from "../connecting/guarded-stream.ts";

/** Far more than a rotation's answers have of anything. */
const mostEntries = 10_000;

const bytesOf = (size: number, write: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
};

export const int8 = (value: number): Buffer => bytesOf(1, (bytes) => bytes.writeInt8(value));
export const int16 = (value: number): Buffer => bytesOf(2, (bytes) => bytes.writeInt16BE(value));
export const int32 = (value: number): Buffer => bytesOf(4, (bytes) => bytes.writeInt32BE(value));
export const float64 = (value: number): Buffer => bytesOf(8, (bytes) => bytes.writeDoubleBE(value));
export const boolean = (value: boolean): Buffer => int8(value ? 1 : 0);

export function string(value: string | null): Buffer {
  if (value === null) return int16(-1);
  const text = Buffer.from(value, "utf8");
  return Buffer.concat([int16(text.length), text]);
}

export const bytes = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value]);

export const array = (entries: readonly (readonly Buffer[])[]): Buffer =>
  Buffer.concat([int32(entries.length), ...entries.flat()]);

/** A number of seven bits to a byte, the lowest first. */
export function varint(value: number): Buffer {
  const low = value % 128;
  return value < 128 ? Buffer.from([low]) : Buffer.concat([Buffer.from([low | 128]), varint(Math.floor(value / 128))]);
}

/** No tagged fields, which end each structure of a flexible version. */
export const noTags = varint(0);

/** As `bytes` and `array`, in flexible versions. */
export const compactBytes = (value: Buffer): Buffer => Buffer.concat([varint(value.length + 1), value]);
export const compactString = (value: string): Buffer => compactBytes(Buffer.from(value, "utf8"));
export const compactArray = (entries: readonly (readonly Buffer[])[]): Buffer =>
  Buffer.concat([varint(entries.length + 1), ...entries.flatMap((entry) => [...entry, noTags])]);

/** Reads an answer front to back, and nothing beyond its end. Errors: `ServerMisbehaved`. */
export class Reader {
  readonly #source: Buffer;
  #at = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  #take(size: number): Buffer {
    if (size < 0 || size > this.#source.length - this.#at) throw new ServerMisbehaved("an answer that is cut off");
    this.#at += size;
    return this.#source.subarray(this.#at - size, this.#at);
  }

  #count(claimed: number): number {
    if (claimed > mostEntries) throw new ServerMisbehaved("a list without an end");
    return Math.max(claimed, 0);
  }

  readonly int8 = (): number => this.#take(1).readInt8();
  readonly int16 = (): number => this.#take(2).readInt16BE();
  readonly int32 = (): number => this.#take(4).readInt32BE();
  readonly float64 = (): number => this.#take(8).readDoubleBE();

  readonly nullableString = (): string | undefined => {
    const size = this.int16();
    return size === -1 ? undefined : this.#take(size).toString("utf8");
  };
  readonly string = (): string => this.nullableString() ?? "";
  readonly bytes = (): Buffer => this.#take(this.int32());
  readonly array = <Entry>(read: () => Entry): readonly Entry[] =>
    Array.from({ length: this.#count(this.int32()) }, read);

  readonly varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 5; shift++) {
      const byte = this.#take(1).readUInt8();
      value += (byte & 127) * 128 ** shift;
      if (byte < 128) return value;
    }
    throw new ServerMisbehaved("a number without an end");
  };
  /** `null` is read as an empty one: what rekey asks for is never null. */
  readonly compactString = (): string => this.#take(Math.max(this.varint() - 1, 0)).toString("utf8");
  readonly compactArray = <Entry>(read: () => Entry): readonly Entry[] =>
    Array.from({ length: this.#count(this.varint() - 1) }, () => {
      const entry = read();
      this.tags();
      return entry;
    });
  /** Passes over fields of newer versions. */
  readonly tags = (): void => {
    for (let left = this.#count(this.varint()); left > 0; left--) {
      this.varint();
      this.#take(this.varint());
    }
  };

  readonly end = (): void => {
    if (this.#at !== this.#source.length) throw new ServerMisbehaved("an answer that is too long");
  };
}
