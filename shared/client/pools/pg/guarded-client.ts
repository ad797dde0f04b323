import pg from "pg";
import { guardParser } from "../../../engines/postgres/wire/guard-parser.ts";
import { goodbyeMs } from "../connect-time.ts";

const headerBytes = 5;
/** The first bytes of an error and of a notice. */
const lists: ReadonlySet<number> = new Set(["E", "N"].map((type) => type.charCodeAt(0)));

/**
 * Checks each chunk before the driver parses it. Throws on a message that the parser would loop on forever: a message
 * shorter than its header, and a list of fields without the two zero bytes at its end.
 */
function messageWatch(): (chunk: Buffer) => void {
  const header = Buffer.alloc(headerBytes);
  let headerFilled = 0;
  let bodyLeft = 0;
  let lastTwo = 0;

  function beginBody(): void {
    bodyLeft = 1 + header.readUInt32BE(1) - headerBytes;
    lastTwo = 0;
    headerFilled = 0;
    if (bodyLeft < 0) throw new Error("the server sent a message shorter than its header");
    if (bodyLeft === 0) endBody(0xffff);
  }
  function endBody(end: number): void {
    if (lists.has(header[0] ?? 0) && end !== 0) throw new Error("the server sent a list without an end");
  }

  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (bodyLeft === 0) {
        header[headerFilled++] = chunk[at++] ?? 0;
        if (headerFilled === headerBytes) beginBody();
        continue;
      }
      const taken = Math.min(bodyLeft, chunk.length - at);
      at += taken;
      bodyLeft -= taken;
      lastTwo = taken > 1 ? chunk.readUInt16BE(at - 2) : ((lastTwo & 0xff) << 8) | (chunk[at - 1] ?? 0);
      if (bodyLeft === 0) endBody(lastTwo);
    }
  };
}

/**
 * The driver's client, with two guards. A malformed message fails the connection: the driver's own parser throws inside a
 * socket listener, which ends the process, or loops forever. A server that does not close the connection is cut off.
 */
export class GuardedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    guardParser(this.connection, (parse) => {
      const watch = messageWatch();
      return (chunk) => {
        watch(chunk);
        parse(chunk);
      };
    });
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const late = setTimeout(() => this.connection.stream.destroy(), goodbyeMs).unref();
    this.once("end", () => clearTimeout(late));
    return callback === undefined ? super.end() : super.end(callback);
  }
}
