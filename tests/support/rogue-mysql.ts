import { createServer } from "node:net";
import { TLSSocket } from "node:tls";
import { listening } from "./listening.ts";
import { certificate, key } from "./loopback-certificate.ts";
import { type RogueServer, type Visit, visitOf } from "./visit.ts";

/** One packet: three bytes of length, its number, its contents. `length` in place of the true one is a lie. */
export function packet(number: number, body: Buffer | string | readonly number[], length?: number): Buffer {
  const bytes = Buffer.from(body as string);
  const head = Buffer.alloc(4);
  head.writeUIntLE(length ?? bytes.length, 0, 3);
  head[3] = number & 255;
  return Buffer.concat([head, bytes]);
}

export const nonce = "12345678901234567890";
const sslFlag = 0x08;

/** Protocol 4.1, secure connections, ways of authentication by name, reports of the session's state; UTF-8. */
export const greeting = (plugin = "mysql_native_password", tls = false, more = 0): Buffer =>
  packet(
    0,
    Buffer.concat([
      Buffer.from([10]),
      Buffer.from("8.0.40\0"),
      Buffer.from([1, 0, 0, 0]),
      Buffer.from(`${nonce.slice(0, 8)}\0`),
      Buffer.from([0, 0x82 | (tls ? sslFlag : 0), 255, 2, 0, 0x88 | more, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(`${nonce.slice(8)}\0${plugin}\0`),
    ]),
  );

export const ok = (number: number): Buffer => packet(number, [0, 0, 0, 2, 0, 0, 0]);
export const end = (number: number): Buffer => packet(number, [254, 0, 0, 2, 0]);
export const switchTo = (number: number, plugin: string): Buffer =>
  packet(number, Buffer.concat([Buffer.from([254]), Buffer.from(`${plugin}\0${nonce}\0`)]));
export const moreData = (number: number, data: Buffer | string): Buffer =>
  packet(number, Buffer.concat([Buffer.from([1]), Buffer.from(data as string)]));

/** The types of columns by the server's numbers. */
const types = { int: 3, big: 8, time: 12, text: 253 } as const;
export type Column = readonly [name: string, type: keyof typeof types, value: string | Buffer | null];

const counted = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

export const described = (number: number, [name, type]: Column): Buffer =>
  packet(
    number,
    Buffer.concat([
      ...["def", "", "", ""].map(counted),
      counted(name),
      counted(""),
      Buffer.from([12, 45, 0, 255, 0, 0, 0, types[type], 0, 0, 0, 0, 0]),
    ]),
  );

/** A value with its length; a buffer stands as it is. */
const written = (value: Column[2]): Buffer => {
  if (value === null) return Buffer.from([251]);
  return typeof value === "string" ? counted(value) : value;
};

/** Rows, as the answer to one statement. */
export function rows(...all: readonly (readonly Column[])[]): Buffer {
  const [first = []] = all;
  let number = 1;
  return Buffer.concat([
    packet(number++, [first.length]),
    ...first.map((column) => described(number++, column)),
    end(number++),
    ...all.map((row) => packet(number++, Buffer.concat(row.map(([, , value]) => written(value))))),
    end(number),
  ]);
}

/** A server whose `behave` has each connection from its first byte on. */
export async function rogueMysql(behave: (visit: Visit) => Promise<void> | void): Promise<RogueServer> {
  const heard: Buffer[] = [];
  const server = await listening(createServer((socket) => void behave(visitOf(socket, heard))));
  return { ...server, received: () => Buffer.concat(heard).toString("latin1") };
}

/** Greets with TLS and makes the handshake; the client's own answer is the first that comes of the new visit. */
export async function withTls({ socket, next, send }: Visit, plugin: string): Promise<Visit> {
  send(greeting(plugin, true));
  const asked = await next();
  socket.removeAllListeners("data").pause();
  // The client may have begun the handshake in the same breath.
  socket.unshift(asked.subarray(4 + asked.readUIntLE(0, 3)));
  return visitOf(new TLSSocket(socket, { isServer: true, cert: certificate, key }), []);
}

const account: readonly Column[] = [["account", "text", "app@%"]];

/** Lets anyone in, and answers each statement with `answer`, or as one that has no rows. */
export const letIn =
  (answer: (sql: string) => Buffer | undefined) =>
  async ({ next, send }: Visit): Promise<void> => {
    send(greeting());
    await next();
    send(ok(2));
    for (;;) {
      const sql = (await next()).subarray(5).toString();
      const usual = sql.startsWith("SELECT GET_LOCK") ? rows([["held", "int", "1"]]) : ok(1);
      send(answer(sql) ?? (sql === "SELECT CURRENT_USER() AS account" ? rows(account) : usual));
    }
  };
