import type { Socket } from "node:net";
import networking from "oracledb/lib/thin/sqlnet/networkSession.js";
import NTTCP from "oracledb/lib/thin/sqlnet/ntTcp.js";
import pairs from "oracledb/lib/thin/sqlnet/nvStrToNvPair.js";
import packets from "oracledb/lib/thin/sqlnet/packet.js";
import SessionAtts from "oracledb/lib/thin/sqlnet/sessionAtts.js";
import { guardStream, ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { PacketGuard } from "./guard-answers.ts";

/** A connection to the server, on which TLS may have to begin again: the listener's ends where a process takes over. */
export interface Line {
  readonly stream: Socket;
  beginTlsAnew(): Promise<Socket>;
  /** What was wrong with an answer, for whoever finds the connection cut. */
  fault?: unknown;
}

const dataPacket = 6;
const immediate = 0x40;

/** The driver's transport on a socket that is open, with a guard in front of its parser. */
class GuardedTransport extends NTTCP {
  readonly #line: Line;
  readonly #guard = new PacketGuard();

  constructor(attributes: object, line: Line) {
    super(attributes);
    this.#line = line;
    this.stream = line.stream;
    this.connected = !line.stream.destroyed;
    this.setupEventHandlers();
  }

  override startRead(): void {
    super.startRead();
    guardStream(this.stream, (parse) => {
      const read = this.#guard.guard(parse);
      return (chunk) => this.#noting(() => read(chunk));
    });
  }

  /** What came before its request would be taken for the answer to it. */
  override send(packet: Buffer): void {
    this.#noting(() => {
      const isEarly = packet[4] === dataPacket && (this.packets.length > 0 || this.#guard.isBetween);
      if (isEarly) throw new ServerMisbehaved("an answer that nothing asked for");
      this.#guard.expectAnswer();
    });
    super.send(packet);
  }

  override async renegTLS(): Promise<void> {
    this.#noting(() => this.#guard.startOver());
    this.stream = await this.#line.beginTlsAnew();
    this.setupEventHandlers();
  }

  /** The driver prints packets, statements with passwords among them, where an environment variable asks for it. */
  override printPacket(): void {}

  #noting(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#line.fault ??= error;
      throw error;
    }
  }
}

/** The driver's session with the server on such a transport: it looks up no name and follows no redirect. */
export class LineSession extends networking.NetworkSession {
  readonly #line: Line;
  readonly #descriptor: string;

  constructor(line: Line, descriptor: string) {
    super();
    this.#line = line;
    this.#descriptor = descriptor;
  }

  override async connect(): Promise<void> {
    this.sAtts = new SessionAtts();
    await this.sAtts.prepare("TCP", {});
    this.cData = Buffer.from(this.#descriptor, "latin1");
    this.cDataNVPair = pairs.createNVPair(this.#descriptor);
    await this.connect2({});
  }

  override async transportConnect(): Promise<void> {
    const transport = new GuardedTransport(this.sAtts.nt, this.#line);
    this.ntAdapter = transport;
    transport.startRead();
    this.sAtts.ntCha = transport.cha;
    this.sndDatapkt = new packets.DataPacket(false);
    this.rcvDatapkt = new packets.DataPacket(false);
  }

  /** Without a word to the server. */
  cut(): void {
    this.disconnect(immediate);
  }
}
