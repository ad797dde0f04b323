import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { listening } from "./listening.ts";
import { certificate, key } from "./loopback-certificate.ts";
import { type RogueServer, type Visit, visitOf } from "./visit.ts";

/** One message: its kind, its length, its contents. `length` in place of the true one is a lie. */
export function message(kind: string, body: Buffer | string = "", length = Buffer.byteLength(body) + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, Buffer.from(body as string)]);
}

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const authentication = (method: number, more: Buffer | string = ""): Buffer =>
  message("R", Buffer.concat([int32(method), Buffer.from(more as string)]));
export const loggedIn = authentication(0);
export const ready = message("Z", "I");
export const scramOffer = authentication(10, "SCRAM-SHA-256\0\0");
export const done = message("C", "SELECT 1\0");

/** The types of columns by the server's numbers. */
const types = { text: 25, int: 23, bool: 16, time: 1184, json: 114 } as const;

type Column = readonly [name: string, type: keyof typeof types, value: string | null];

/** A row with its description, as the answer to one statement. */
export function oneRow(...columns: readonly Column[]): Buffer {
  const fields = columns.map(([name, type]) =>
    Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(types[type]), int16(-1), int32(-1), int16(0)]),
  );
  const values = columns.map(([, , value]) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  );
  return Buffer.concat([
    message("T", Buffer.concat([int16(fields.length), ...fields])),
    message("D", Buffer.concat([int16(values.length), ...values])),
  ]);
}

/** The answer to what PostgreSQL's engine asks about a role before it changes it: `app`, which the session may change. */
export function accountRow({
  limit = "-1",
  limitType = "int",
  iterations = "4096",
}: {
  readonly limit?: string;
  readonly limitType?: "int" | "text";
  readonly iterations?: string;
} = {}): Buffer {
  const none = { INHERIT: true, CREATEDB: false, CREATEROLE: false, REPLICATION: false, BYPASSRLS: false };
  const session = {
    version: 180_000,
    iterations,
    defaultHash: "scram-sha-256",
    seesHashes: false,
    seesHostRules: false,
    isSuperuser: false,
    mayMakeRoles: true,
    attributes: none,
  };
  return oneRow(
    ["name", "text", "app"],
    ["exists", "bool", "t"],
    ["isReadOnly", "bool", "f"],
    ["session", "json", JSON.stringify(session)],
    ["isSuperuser", "bool", "f"],
    ["mayLogIn", "bool", "t"],
    ["attributes", "json", JSON.stringify(none)],
    ["connectionLimit", limitType, limit],
    ["validUntil", "text", "infinity"],
    ["isExpired", "bool", "f"],
    ["mark", "text", null],
    ["lacks", "text", null],
  );
}

/** The server's first message of SCRAM, to the client's. */
export function scramChallenge(clientFirst: Buffer, iterations: number | string): Buffer {
  const nonce = /r=([^,]+)/.exec(clientFirst.toString())?.[1] ?? "";
  return authentication(11, `r=${nonce}rogue,s=${Buffer.from("salt").toString("base64")},i=${iterations}`);
}

/** A server whose `behave` answers each connection from its startup message on, after a TLS handshake where `tls` is set. */
export async function roguePostgres(
  behave: (visit: Visit) => Promise<void> | void,
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<RogueServer> {
  const heard: Buffer[] = [];
  const serve = (socket: Socket): void =>
    void socket.once("data", (asked: Buffer) => {
      if (!tls) {
        heard.push(asked);
        return void behave(visitOf(socket, heard));
      }
      socket.write("S");
      const visit = visitOf(new TLSSocket(socket, { isServer: true, cert: certificate, key }), heard);
      void visit.next().then(async () => behave(visit));
    });
  const server = await listening(createServer(serve));
  return { ...server, received: () => Buffer.concat(heard).toString("latin1") };
}

/** Lets anyone in, and answers each statement with `answer`, or as one that has no rows. */
export const letIn =
  (answer: (sql: string) => Buffer | undefined) =>
  async ({ next, send }: Visit): Promise<void> => {
    send(loggedIn, ready);
    for (;;) {
      const sql = (await next()).subarray(5).toString();
      send(answer(sql) ?? Buffer.alloc(0), done, ready);
    }
  };
