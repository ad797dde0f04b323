import { createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import {
  array,
  bytes,
  compactArray,
  compactString,
  int16,
  int32,
  int8,
  noTags,
  Reader,
  string,
  varint,
} from "../../shared/engines/kafka/wire.ts";
import { type LoopbackServer, listening } from "./listening.ts";

/** What is written for one request; a function may go on writing. */
export type KafkaLie = Buffer | ((socket: Socket) => void);

const kinds = {
  3: "metadata",
  17: "handshake",
  29: "acls",
  36: "authenticate",
  48: "quotas",
  50: "describe",
  51: "alter",
} as const;
export type KafkaRequest = (typeof kinds)[keyof typeof kinds] | "other";

const password = "canary-current-3f6a";
const salt = Buffer.from("salt-of-the-rogue");
const rogueIterations = 4_096;

/** An answer with the length in front of it. `claims`: the length that it says it has. */
export const frame = (id: number, body: readonly Buffer[], claims?: number): Buffer => {
  const answer = Buffer.concat([int32(id), ...body]);
  return Buffer.concat([int32(claims ?? answer.length), answer]);
};

const none = [int16(0), string(null)];
const long = (): Buffer => Buffer.alloc(8);
const noText = varint(0);
export const saslAnswer = (said: string, error = 0): readonly Buffer[] => [
  int16(error),
  string(null),
  bytes(Buffer.from(said, "utf8")),
  long(),
];

/** The server's side of a login of the user `app`, as Kafka does it. */
function scramServer(): (message: string) => string {
  let said = "";
  return (message) => {
    const hmac = (key: Buffer, text: string): Buffer => createHmac("sha512", key).update(text).digest();
    if (message.startsWith("n,,")) {
      const [, nonce = ""] = /r=([^,]+)$/.exec(message) ?? [];
      const first = `r=${nonce}${randomBytes(8).toString("hex")},s=${salt.toString("base64")},i=${rogueIterations}`;
      said = `${message.slice(3)},${first}`;
      return first;
    }
    const salted = pbkdf2Sync(password, salt, rogueIterations, 64, "sha512");
    const [withoutProof = ""] = message.split(",p=");
    return `v=${hmac(hmac(salted, "Server Key"), `${said},${withoutProof}`).toString("base64")}`;
  };
}

/** As a broker answers that has one user, `app`, who may do everything. */
function honestBroker(): (kind: KafkaRequest, body: Buffer) => readonly Buffer[] {
  const answerLogin = scramServer();
  const held = new Map([[2, rogueIterations]]);
  return (kind, body) => {
    const request = new Reader(body);
    switch (kind) {
      case "handshake":
        return [int16(0), array([[string("SCRAM-SHA-512")]])];
      case "authenticate":
        return saslAnswer(answerLogin(request.bytes().toString("utf8")));
      case "metadata": {
        const broker = [int32(1), string("127.0.0.1"), int32(9), string(null)];
        return [int32(0), array([broker]), string("cluster"), int32(1), array([]), int32(0xfff)];
      }
      case "acls":
        return [int32(0), ...none, array([])];
      case "quotas":
        return [int32(0), ...none, array([])];
      case "describe": {
        const infos = [...held].map(([mechanism, iterations]) => [int8(mechanism), int32(iterations)]);
        const user = [compactString("app"), int16(0), noText, compactArray(infos)];
        return [noTags, int32(0), int16(0), noText, compactArray([user]), noTags];
      }
      case "alter": {
        request.tags();
        request.compactArray(() => [request.compactString(), request.int8()]);
        request.compactArray(() => {
          request.compactString();
          held.set(request.int8(), request.int32());
          return [request.compactString(), request.compactString()];
        });
        return [noTags, int32(0), compactArray([[compactString("app"), int16(0), noText]]), noTags];
      }
      case "other":
        return [];
    }
  };
}

/** Speaks Kafka's protocol as far as a rotation does, and lies where it is told to. */
export async function startRogueKafka(
  lie: (kind: KafkaRequest, honest: Buffer, id: number) => KafkaLie = (_kind, honest) => honest,
): Promise<LoopbackServer> {
  const server = createServer((socket) => {
    const answer = honestBroker();
    socket.on("data", (chunk: Buffer) => {
      // rekey sends one request at a time, each in one piece. Whoever wonders whether it speaks TLS hears that it does not.
      if (chunk.length < 14 || chunk.readInt32BE() !== chunk.length - 4) {
        socket.destroy();
        return;
      }
      const kind = (kinds as Readonly<Record<number, KafkaRequest>>)[chunk.readInt16BE(4)] ?? "other";
      const id = chunk.readInt32BE(8);
      const body = chunk.subarray(14 + chunk.readInt16BE(12));
      const told = lie(kind, frame(id, answer(kind, body)), id);
      if (typeof told === "function") told(socket);
      else socket.write(told);
    });
  });
  return listening(server);
}
