import { createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Binary, BSON, type Document } from "mongodb";
import { listening } from "./listening.ts";

const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;

export interface MongodbRequest {
  readonly command: Document;
  readonly requestId: number;
  /** Counted from 0 on each connection. */
  readonly index: number;
}

/** What is sent in place of the honest answer; nothing for silence. */
export type MongodbLie = (request: MongodbRequest, honest: Buffer, socket: Socket) => Buffer | undefined;

export interface RogueMongodb {
  readonly port: number;
  /** All that came, as text. */
  received(): string;
  stop(): Promise<void>;
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** A message of these parts behind its header; its length is true unless another is given. */
export function frame(opCode: number, responseTo: number, body: Buffer, length = body.length + 16): Buffer {
  return Buffer.concat([int32(length), int32(77), int32(responseTo), int32(opCode), body]);
}

/** An answer as a server gives it to commands, or to the first hello. */
export function answerOf(document: Document, responseTo: number, isFirst = false): Buffer {
  const bytes = Buffer.from(BSON.serialize(document));
  if (!isFirst) return frame(opMsg, responseTo, Buffer.concat([int32(0), Buffer.from([0]), bytes]));
  return frame(opReply, responseTo, Buffer.concat([int32(8), Buffer.alloc(8), int32(0), int32(1), bytes]));
}

function requestIn(message: Buffer, index: number): MongodbRequest {
  const start = message.readInt32LE(12) === opQuery ? message.indexOf(0, 20) + 9 : 21;
  return { command: BSON.deserialize(message.subarray(start)), requestId: message.readInt32LE(4), index };
}

/** SCRAM-SHA-256 with this password: what the server says first, and how it proves itself. */
function scramServer(password: string, iterations: number) {
  let first = "";
  let serverFirst = "";
  const salt = randomBytes(16);
  const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    first(payload: Binary, nonceOf = (client: string) => `${client}server`): Document {
      first = Buffer.from(payload.buffer).toString("utf8").slice(3);
      const nonce = /r=(.*)$/.exec(first)?.[1] ?? "";
      serverFirst = `r=${nonceOf(nonce)},s=${salt.toString("base64")},i=${iterations}`;
      return { conversationId: 1, done: false, payload: new Binary(Buffer.from(serverFirst)), ok: 1 };
    },
    last(payload: Binary): Document {
      const [withoutProof = ""] = Buffer.from(payload.buffer).toString("utf8").split(",p=");
      const salted = pbkdf2Sync(password, salt, Math.min(iterations, 15_000), 32, "sha256");
      const proof = hmac(hmac(salted, "Server Key"), [first, serverFirst, withoutProof].join(","));
      return {
        conversationId: 1,
        done: true,
        payload: new Binary(Buffer.from(`v=${proof.toString("base64")}`)),
        ok: 1,
      };
    },
  };
}

const app = { user: "app", db: "admin", roles: [{ role: "readWrite", db: "shop" }], mechanisms: ["SCRAM-SHA-256"] };

function replyTo(
  command: Document,
  scram: ReturnType<typeof scramServer>,
  nonceOf?: (client: string) => string,
): Document {
  if ("ismaster" in command) {
    const speculativeAuthenticate = scram.first(command["speculativeAuthenticate"].payload, nonceOf);
    const versions = { minWireVersion: 0, maxWireVersion: 21, helloOk: true };
    return { ismaster: true, ...versions, saslSupportedMechs: ["SCRAM-SHA-256"], speculativeAuthenticate, ok: 1 };
  }
  if ("saslContinue" in command) return scram.last(command["payload"]);
  if ("usersInfo" in command) return { users: [app], ok: 1 };
  if ("buildInfo" in command) return { version: "7.0.1", ok: 1 };
  if ("connectionStatus" in command)
    return { authInfo: { authenticatedUsers: [app], authenticatedUserPrivileges: [] }, ok: 1 };
  return { ok: 1, isWritablePrimary: true };
}

/** Speaks MongoDB's protocol as far as a rotation does, and lies where it is told to. */
export async function startRogueMongodb(options: {
  /** A function where it changes. */
  readonly password?: string | (() => string);
  readonly iterations?: number;
  readonly nonceOf?: (client: string) => string;
  readonly tls?: { readonly key: string; readonly certificate: string };
  readonly lie?: MongodbLie;
}): Promise<RogueMongodb> {
  const { password = "canary-current-3f6a", iterations = 15_000, nonceOf, tls, lie } = options;
  const seen: Buffer[] = [];
  function serve(socket: Socket): void {
    const scram = scramServer(typeof password === "string" ? password : password(), iterations);
    let held = Buffer.alloc(0);
    let index = 0;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      seen.push(chunk);
      held = Buffer.concat([held, chunk]);
      while (held.length >= 16 && held.length >= held.readInt32LE(0)) {
        const length = held.readInt32LE(0);
        const request = requestIn(held.subarray(0, length), index++);
        held = held.subarray(length);
        const honest = answerOf(replyTo(request.command, scram, nonceOf), request.requestId, request.index === 0);
        const answer = lie === undefined ? honest : lie(request, honest, socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  }
  const server =
    tls === undefined ? createServer(serve) : createTlsServer({ key: tls.key, cert: tls.certificate }, serve);
  const { port, stop } = await listening(server);
  return { port, stop, received: () => Buffer.concat(seen).toString("latin1") };
}
