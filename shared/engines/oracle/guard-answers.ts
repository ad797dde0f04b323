import ciphers from "oracledb/lib/thin/protocol/encryptDecrypt.js";
import type { AuthMessage } from "oracledb/lib/thin/protocol/messages/auth.js";
import MessageWithData from "oracledb/lib/thin/protocol/messages/withData.js";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxMessageBytes } from "../connecting/limits.ts";
import { listenerError, redirected, tooOld } from "./translate-error.ts";

const headerBytes = 8;
const packet = { accept: 2, refuse: 4, redirect: 5, data: 6, resend: 11, marker: 12, control: 14 } as const;
const ofListeners: ReadonlySet<number> = new Set([packet.accept, packet.refuse, packet.redirect, packet.resend]);
const ofSessions: ReadonlySet<number> = new Set([packet.data, packet.marker, packet.control]);
const compressed = 0x400;
const acceptBytes = 45;
const markerBytes = 11;
const oldestProtocol = 315;
const leastUnit = 512;
const mostUnit = 2 * 1024 * 1024;
/** One request of rekey's is answered with one packet, an error with three more. */
const mostPackets = 64;
/** A listener asks for the request again once, where TLS begins again. */
const mostResends = 3;
/** Oracle's own are 4,096 and 3; the driver computes them at one go. */
const mostRounds = 100_000;
const texts: ReadonlySet<number> = new Set([1, 96]);

/**
 * Packets against what the driver takes on trust: a length of nothing makes it read the same packet for ever, and it connects
 * to whatever host a redirect names. What is no packet of a session ends as the listener's error. Errors: `ServerMisbehaved`.
 */
export class PacketGuard {
  #held: Buffer = Buffer.alloc(0);
  #isAccepted = false;
  #resends = 0;
  #packets = 0;
  #bytes = 0;

  /** Whether more has come than whole packets. */
  get isBetween(): boolean {
    return this.#held.length > 0;
  }

  /** The next request is about to be sent. */
  expectAnswer(): void {
    this.#packets = 0;
    this.#bytes = 0;
  }

  /** TLS begins again: nothing of the connection before belongs to it. */
  startOver(): void {
    if (this.isBetween) throw new ServerMisbehaved("more before TLS than a packet");
  }

  guard(parse: (chunk: Buffer) => void): (chunk: Buffer) => void {
    return (chunk) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      while (this.#held.length >= headerBytes) {
        const length = this.#isAccepted ? this.#held.readUInt32BE(0) : this.#held.readUInt16BE(0);
        const types = this.#isAccepted ? ofSessions : ofListeners;
        if (!types.has(this.#held[4] ?? 0)) throw new ServerMisbehaved("an unknown kind of packet");
        if (length < headerBytes) throw new ServerMisbehaved("a packet shorter than its header");
        if (length > maxMessageBytes) throw new ServerMisbehaved(`a packet of more than ${maxMessageBytes} bytes`);
        if (this.#held.length < length) return;
        const whole = this.#held.subarray(0, length);
        this.#held = this.#held.subarray(length);
        this.#count(length);
        if (this.#isForDriver(whole)) parse(whole);
      }
    };
  }

  #count(length: number): void {
    this.#packets += 1;
    this.#bytes += length;
    if (this.#packets > mostPackets) throw new ServerMisbehaved(`an answer of more than ${mostPackets} packets`);
    if (this.#bytes > maxMessageBytes) throw new ServerMisbehaved(`an answer of more than ${maxMessageBytes} bytes`);
  }

  #isForDriver(whole: Buffer): boolean {
    switch (whole[4] ?? 0) {
      case packet.accept:
        this.#accept(whole);
        return true;
      case packet.refuse:
        throw listenerError(whole.toString("latin1", headerBytes));
      case packet.redirect:
        throw redirected();
      case packet.resend:
        if (++this.#resends > mostResends) throw new ServerMisbehaved("a request that is to be sent for ever");
        return true;
      case packet.control:
        // The driver knows what to do with one only in its pool.
        return false;
      case packet.marker:
        if (whole.length !== markerBytes) throw new ServerMisbehaved("a marker of another length");
        return true;
      default:
        if (whole.length <= headerBytes + 2) throw new ServerMisbehaved("a packet of nothing");
        if ((whole.readUInt16BE(headerBytes) & compressed) !== 0) throw new ServerMisbehaved("compression");
        return true;
    }
  }

  #accept(whole: Buffer): void {
    if (whole.length < 10) throw new ServerMisbehaved("an acceptance cut short");
    if (whole.readUInt16BE(headerBytes) < oldestProtocol) throw tooOld();
    if (whole.length < acceptBytes) throw new ServerMisbehaved("an acceptance cut short");
    const unit = whole.readUInt32BE(32);
    if (unit < leastUnit || unit > mostUnit) throw new ServerMisbehaved("packets of an impossible size");
    if (((whole[40] ?? 0) & 0x80) !== 0) throw new ServerMisbehaved("compression");
    this.#isAccepted = true;
  }
}

const readColumn = MessageWithData.prototype.processColumnInfo;
/** Columns of rekey's statements are texts. Of others the driver decodes whatever a server sends: trees, vectors, objects. */
MessageWithData.prototype.processColumnInfo = function readTextColumn(buffer, number) {
  const column = readColumn.call(this, buffer, number);
  if (!texts.has(column.type._oraTypeNum)) throw new ServerMisbehaved("a column of another type");
  return column;
};

const prepareLogin = ciphers.updateVerifierData.bind(ciphers);
ciphers.updateVerifierData = (sessionData, ...more) => {
  for (const name of ["AUTH_PBKDF2_VGEN_COUNT", "AUTH_PBKDF2_SDER_COUNT"]) {
    const rounds = Number(sessionData[name] ?? 1);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > mostRounds) throw new ServerMisbehaved("rounds of a hash");
  }
  prepareLogin(sessionData, ...more);
};

/**
 * The server has to show that it knows the user's verifier. The driver looks only at an answer that has the proof in it, and
 * passes over one that has none. Errors: `ServerMisbehaved`.
 */
export function requireProof({ sessionData, comboKey }: AuthMessage): void {
  const proof = Buffer.from(sessionData["AUTH_SVR_RESPONSE"] ?? "", "hex");
  const isProved =
    comboKey !== undefined &&
    proof.length >= 32 &&
    proof.length % 16 === 0 &&
    ciphers.decrypt(comboKey, proof).toString("latin1", 16, 32) === "SERVER_TO_CLIENT";
  if (!isProved) throw new ServerMisbehaved("no proof that it knows the user");
}
