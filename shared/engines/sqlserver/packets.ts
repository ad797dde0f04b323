import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxAnswerBytes } from "../connecting/limits.ts";

/** Kinds of messages. Source: MS-TDS, 2.2.3.1.1. */
export const kinds = { batch: 0x01, answer: 0x04, login: 0x10, prelogin: 0x12 } as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

const headerBytes = 8;
const endOfMessage = 0x01;
/** What rekey asks for; a server may say less. */
export const packetBytes = 4_096;

/** A message, cut into packets of at most `size` bytes. */
export function packetsOf(kind: Kind, message: Buffer, size = packetBytes): Buffer {
  const room = size - headerBytes;
  const packets: Buffer[] = [];
  for (let at = 0, id = 1; at === 0 || at < message.length; at += room, id++) {
    const part = message.subarray(at, at + room);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(kind, 0);
    header.writeUInt8(at + room >= message.length ? endOfMessage : 0, 1);
    header.writeUInt16BE(headerBytes + part.length, 2);
    header.writeUInt8(id & 0xff, 6);
    packets.push(header, part);
  }
  return Buffer.concat(packets);
}

export interface Message {
  readonly kind: number;
  readonly content: Buffer;
}

/**
 * Puts what arrives together to messages. Errors: `ServerMisbehaved` for a packet of another kind than `expected`, of an
 * impossible length, or for a message that is far longer than any answer.
 */
export function messageReader(expected: readonly number[], take: (message: Message) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerBytes) {
      const [kind, length] = [rest.readUInt8(0), rest.readUInt16BE(2)];
      if (!expected.includes(kind)) throw new ServerMisbehaved("a packet of another kind");
      if (length < headerBytes) throw new ServerMisbehaved("a packet shorter than its header");
      if (rest.length < length) return;
      const isLast = (rest.readUInt8(1) & endOfMessage) !== 0;
      parts.push(rest.subarray(headerBytes, length));
      bytes += length;
      rest = rest.subarray(length);
      if (bytes > maxAnswerBytes) throw new ServerMisbehaved("an answer without an end");
      if (!isLast) continue;
      const content = Buffer.concat(parts);
      parts = [];
      bytes = 0;
      take({ kind, content });
    }
  };
}
