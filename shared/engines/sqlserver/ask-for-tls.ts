import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { connectTimeoutMs } from "../connecting/limits.ts";
import type { TlsCarrier } from "../connecting/open-socket.ts";
import { kinds, messageReader, packetsOf } from "./packets.ts";

const operation = "ask for TLS";

/** What either side says of TLS before a login. Source: MS-TDS, 2.2.6.5. */
const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

const options = { version: 0, encryption: 1, end: 0xff } as const;
const optionBytes = 5;

/** The version that rekey says to be of, as any client does, and whether it wants TLS. */
function prelogin(wantsTls: boolean): Buffer {
  const version = Buffer.from([1, 0, 0, 0, 0, 0]);
  const table = Buffer.alloc(2 * optionBytes + 1);
  table.writeUInt8(options.version, 0);
  table.writeUInt16BE(table.length, 1);
  table.writeUInt16BE(version.length, 3);
  table.writeUInt8(options.encryption, 5);
  table.writeUInt16BE(table.length + version.length, 6);
  table.writeUInt16BE(1, 8);
  table.writeUInt8(options.end, 10);
  const wish = Buffer.from([wantsTls ? encryption.on : encryption.notSupported]);
  return Buffer.concat([table, version, wish]);
}

/** What the answer says of TLS. Errors: `ServerMisbehaved`. */
function encryptionIn(answer: Buffer): number {
  for (let at = 0; answer[at] !== options.end; at += optionBytes) {
    if (at + optionBytes > answer.length) throw new ServerMisbehaved("options without an end");
    const [offset, length] = [answer.readUInt16BE(at + 1), answer.readUInt16BE(at + 3)];
    const value = answer[offset];
    if (answer[at] !== options.encryption) continue;
    if (length !== 1 || value === undefined || value > encryption.required) break;
    return value;
  }
  throw new ServerMisbehaved("no word on TLS");
}

/** One message of the server's; what follows it stays unread. Errors: `ServerMisbehaved`, `connection-lost`. */
async function answered(socket: Socket, question: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(late);
      socket.off("close", lost).off("data", read);
      socket.pause();
    };
    const lost = (): void => {
      settle();
      reject(new RekeyError("connection-lost", { context: { operation } }));
    };
    const late = setTimeout(() => {
      settle();
      reject(new RekeyError("database-timeout", { context: { operation } }));
    }, connectTimeoutMs);
    let content: Buffer | undefined;
    const take = messageReader([kinds.answer], (message) => {
      if (content !== undefined) throw new ServerMisbehaved("more than one answer");
      ({ content } = message);
    });
    const read = (chunk: Buffer): void => {
      try {
        take(chunk);
        if (content === undefined) return;
        settle();
        resolve(content);
      } catch (error) {
        settle();
        reject(error);
      }
    };
    socket.once("close", lost).on("data", read).write(question);
  });
}

/** Whether the connection goes on with TLS. Errors: `tls-refused` where the server does not want what is wanted. */
function judged(answer: number, wantsTls: boolean): void {
  const hasTls = answer === encryption.on || answer === encryption.required;
  if (hasTls === wantsTls) return;
  throw new RekeyError("tls-refused", {
    context: { operation, reason: wantsTls ? "server without TLS" : "server with TLS alone" },
    hint: wantsTls
      ? "the server offers no TLS, and a login would show the password: give the server a certificate"
      : "the server takes encrypted connections only: remove ssl: false from the secret",
  });
}

/** The messages that carry the handshake; afterwards TLS's bytes as they are. Source: MS-TDS, 2.2.6.5 and 3.2.5.1. */
export function handshakeCarrier(socket: Socket): TlsCarrier {
  let isWrapped = true;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      socket.write(isWrapped ? packetsOf(kinds.prelogin, chunk) : chunk, done);
    },
    writev(chunks, done) {
      const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer));
      socket.write(isWrapped ? packetsOf(kinds.prelogin, bytes) : bytes, done);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  const unwrap = messageReader([kinds.answer, kinds.prelogin], ({ content }) => stream.push(content));
  socket
    .on("data", (chunk: Buffer) => {
      try {
        if (isWrapped) unwrap(chunk);
        else if (!stream.push(chunk)) socket.pause();
      } catch (error) {
        stream.destroy(error as Error);
      }
    })
    .on("end", () => stream.push(null))
    .on("close", () => stream.destroy())
    .on("error", (error) => stream.destroy(error));
  return { stream, maxVersion: "TLSv1.2", secured: () => void (isWrapped = false) };
}

/**
 * Tells the server whether the login comes by TLS, before anything that is secret. Errors: `tls-refused`, `server-misbehaved`,
 * `connection-lost`, `database-timeout`, `time-budget-spent`.
 */
export async function askForTls(socket: Socket, wantsTls: boolean, { signal }: CallOptions): Promise<void> {
  if (signal.aborted) throw timeSpent(operation);
  try {
    const question = packetsOf(kinds.prelogin, prelogin(wantsTls));
    const answer = await cutOnAbort(
      async () => answered(socket, question),
      signal,
      () => socket.destroy(),
    );
    judged(encryptionIn(answer), wantsTls);
  } catch (error) {
    if (signal.aborted) throw timeSpent(operation);
    if (error instanceof RekeyError) throw error;
    const problem = error instanceof ServerMisbehaved ? error.problem : "unreadable";
    throw new RekeyError("server-misbehaved", { context: { operation, problem } });
  }
}
