import { createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { type LoopbackServer, listening } from "./listening.ts";
import { type LoginFields, message, preloginAnswer, readBatch, readLogin } from "./tds-answers.ts";

/** What answers a login or a batch: tokens, or something that goes on by itself. */
export type TdsAnswer = Buffer | ((stream: Duplex) => void);

export interface TdsSession {
  readonly login: (fields: LoginFields) => TdsAnswer;
  readonly batch: (sql: string) => TdsAnswer;
  readonly end?: () => void;
}

const kinds = { batch: 0x01, answer: 0x04, login: 0x10, prelogin: 0x12 };
const encryption = { on: 1, notSupported: 2 };

/** Whole messages out of a stream of packets. */
function eachMessage(take: (kind: number, content: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let parts: Buffer[] = [];
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
      const [kind, isLast, length] = [rest.readUInt8(0), (rest.readUInt8(1) & 1) !== 0, rest.readUInt16BE(2)];
      parts.push(rest.subarray(8, length));
      rest = rest.subarray(length);
      if (!isLast) continue;
      const content = Buffer.concat(parts);
      parts = [];
      take(kind, content);
    }
  };
}

/** The handshake comes in messages, and TLS's own bytes follow: a record of data shows that it is over. */
function handshakeOn(socket: Socket): Duplex {
  const dataRecord = 0x17;
  let isWrapped = true;
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, finish) {
      socket.write(isWrapped ? message(kinds.prelogin, chunk) : chunk, finish);
    },
    destroy(error, finish) {
      socket.destroy();
      finish(error);
    },
  });
  const unwrap = eachMessage((_kind, content) => stream.push(content));
  socket
    .on("data", (chunk: Buffer) => {
      if (chunk[0] === dataRecord) isWrapped = false;
      if (isWrapped) unwrap(chunk);
      else stream.push(chunk);
    })
    .on("end", () => stream.push(null))
    .on("close", () => stream.destroy());
  return stream;
}

function converse(stream: Duplex, { login, batch, end }: TdsSession): void {
  const read = eachMessage((kind, content) => {
    if (kind !== kinds.login && kind !== kinds.batch) {
      stream.destroy();
      return;
    }
    const said = kind === kinds.login ? login(readLogin(content)) : batch(readBatch(content));
    if (typeof said === "function") said(stream);
    else stream.write(message(kinds.answer, said));
  });
  stream.on("data", read).on("close", () => end?.());
}

interface TdsOptions {
  readonly certificate?: ServerCertificate;
  /** What stands in for the answer to the question for TLS. */
  readonly preloginSays?: Buffer;
  /** The same, with its packets. */
  readonly rawPrelogin?: () => TdsAnswer;
}

/** Speaks TDS 7.4 on loopback, with TLS in its own messages where there is a certificate. */
export async function startTdsServer(
  open: () => TdsSession,
  { certificate, preloginSays, rawPrelogin }: TdsOptions = {},
): Promise<LoopbackServer> {
  const secureContext =
    certificate && createSecureContext({ cert: certificate.certificate, key: certificate.key, maxVersion: "TLSv1.2" });
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    const first = (chunk: Buffer): void => {
      read(chunk);
    };
    const read = eachMessage((kind, content) => {
      socket.off("data", first);
      if (kind !== kinds.prelogin) {
        socket.destroy();
        return;
      }
      const wantsTls = content[content.readUInt16BE(6)] === encryption.on;
      const hasTls = wantsTls && secureContext !== undefined;
      const said = preloginSays ?? preloginAnswer(hasTls ? encryption.on : encryption.notSupported);
      const raw = rawPrelogin?.() ?? message(kinds.answer, said);
      if (typeof raw === "function") raw(socket);
      else socket.write(raw);
      if (!hasTls) {
        converse(socket, open());
        return;
      }
      const secure = new TLSSocket(handshakeOn(socket), { isServer: true, secureContext });
      secure.on("error", () => socket.destroy());
      converse(secure, open());
    });
    socket.on("data", first);
  });
  return listening(server);
}
