import type { Duplex } from "node:stream";
import type { Connection as Driver } from "mysql2";
import { guardStream, ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxAnswerBytes, maxMessageBytes } from "../connecting/limits.ts";

/** A greeting, another way of authentication, its key, its success; each may cost a signature or an encryption. */
const maxLoginPackets = 8;

/** More columns than a table may have. A length in a packet may miscount by as much, which costs nothing. */
const maxColumns = 4_096;

const headerBytes = 4;
const errorMarker = 0xff;

interface Packet {
  readonly sequenceId: number;
  readonly offset: number;
  readonly end: number;
  peekByte(): number;
  readLengthCodedNumber(...form: readonly unknown[]): number | string | null;
}

/** What the driver does not list among its types. */
interface Internal {
  stream: Duplex;
  sequenceId: number;
  readonly packetParser: { readonly _reusablePacket: Packet };
  handlePacket(packet?: Packet): void;
  startTLS(onSecure: (error?: Error) => void): void;
}

export interface AnswerGuard {
  /** A statement is about to be sent. */
  expectAnswer(): void;
}

/** Calls `onHeader` with the length of each packet as soon as it is known, before the driver waits for the rest. */
function framed(parse: (chunk: Buffer) => void, onHeader: (length: number) => void): (chunk: Buffer) => void {
  const header: number[] = [];
  let left = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const skipped = Math.min(left, chunk.length - at);
      at += skipped;
      left -= skipped;
      if (left > 0 || at === chunk.length) break;
      header.push(chunk[at++] ?? 0);
      if (header.length < headerBytes) continue;
      const [low = 0, middle = 0, high = 0] = header.splice(0);
      left = low | (middle << 8) | (high << 16);
      onHeader(left);
    }
    parse(chunk);
  };
}

/**
 * Stands before the driver's parser, which counts to whatever length a value claims to have, takes packets of any size and
 * number, answers as often as it is asked to authenticate, and throws at others in listeners of the socket. The connection
 * ends with `ServerMisbehaved` instead.
 */
export function guardAnswers(connection: Driver): AnswerGuard {
  const driver = connection as unknown as Internal;
  let receivedBytes = 0;
  let loginPackets = 0;
  let isIn = false;

  const guard = (): void =>
    guardStream(driver.stream, (parse) => {
      const parseFramed = framed(parse, (length) => {
        if (length > maxMessageBytes) throw new ServerMisbehaved("packet too long");
      });
      return (chunk) => {
        receivedBytes += chunk.length;
        if (receivedBytes > maxAnswerBytes) throw new ServerMisbehaved("answer too long");
        parseFramed(chunk);
      };
    });

  const startTls = driver.startTLS.bind(driver);
  driver.startTLS = (onSecure) => {
    startTls(onSecure);
    guard();
  };

  const handle = driver.handlePacket.bind(driver);
  driver.handlePacket = (packet) => {
    if (packet !== undefined) {
      const marker = packet.peekByte();
      // The server's last word, to a session that it ends, has a number of its own; the driver would print a warning.
      if (marker === errorMarker) driver.sequenceId = packet.sequenceId;
      if (packet.sequenceId !== driver.sequenceId) throw new ServerMisbehaved("packet out of order");
      if (!isIn && ++loginPackets > maxLoginPackets) throw new ServerMisbehaved("login without an end");
    }
    handle(packet);
  };

  // Of one packet that the driver reads all others into. Its callers that want a length give no arguments.
  const packet = driver.packetParser._reusablePacket;
  const readNumber = packet.readLengthCodedNumber.bind(packet);
  packet.readLengthCodedNumber = (...form) => {
    const value = readNumber(...form);
    if (form.length === 0 && Number(value) > Math.max(packet.end - packet.offset, maxColumns)) {
      throw new ServerMisbehaved("value longer than its packet");
    }
    return value;
  };

  guard();
  connection.once("connect", () => {
    isIn = true;
  });
  return {
    expectAnswer() {
      receivedBytes = 0;
    },
  };
}
