import { createServer, type Socket } from "node:net";
import { BerReader } from "ldapts";
import { type LoopbackServer, listening } from "./listening.ts";

/** What is written for one request; a function may go on writing. */
export type LdapLie = Buffer | ((socket: Socket) => void);

export type LdapRequest = "bind" | "search" | "modify" | "startTls" | "other";

const kinds: Readonly<Record<number, LdapRequest>> = { 0x60: "bind", 0x63: "search", 0x66: "modify", 0x77: "startTls" };

/** One element of LDAP's encoding. `claims`: the length that it says it has. */
export function element(tag: number, content: Buffer | string, claims?: number): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(claims ?? bytes.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, bytes]);
}

export const sequence = (tag: number, ...parts: readonly Buffer[]): Buffer => element(tag, Buffer.concat(parts));
export const octets = (text: string): Buffer => element(0x04, text);
const number = (tag: number, value: number): Buffer => element(tag, Buffer.from([value]));

/** A message of the server's, in answer to the request of this id. */
export const message = (id: number, operation: Buffer, ...controls: readonly Buffer[]): Buffer =>
  sequence(0x30, number(0x02, id), operation, ...controls);
/** The members that every result has. */
export const result = (tag: number, code: number, ...more: readonly Buffer[]): Buffer =>
  sequence(tag, number(0x0a, code), octets(""), octets("the server's own words"), ...more);
export const attribute = (name: string, ...values: readonly string[]): Buffer =>
  sequence(0x30, octets(name), sequence(0x31, ...values.map(octets)));
export const entry = (...attributes: readonly Buffer[]): Buffer =>
  sequence(0x64, octets("cn=app,dc=rekey"), sequence(0x30, ...attributes));

const resultTags = { bind: 0x61, search: 0x65, modify: 0x67, startTls: 0x78, other: 0x78 } as const;

/** As slapd answers a user whose password is stored in clear. */
export function honestAnswer(kind: LdapRequest, id: number): Buffer {
  const done = message(id, result(resultTags[kind], 0));
  if (kind !== "search") return done;
  return Buffer.concat([message(id, entry(attribute("userPassword", "canary-current-3f6a"))), done]);
}

/** Speaks LDAP as far as a rotation does, and lies where it is told to. */
export async function startRogueLdap(
  lie: (kind: LdapRequest, honest: Buffer, id: number) => LdapLie = (_kind, honest) => honest,
): Promise<LoopbackServer> {
  const server = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      // rekey sends one request at a time, each in one piece.
      // Whoever wonders whether it speaks TLS hears that it does not.
      if (chunk[0] !== 0x30) {
        socket.destroy();
        return;
      }
      const reader = new BerReader(chunk);
      reader.readSequence();
      const id = reader.readInt() ?? 0;
      const kind = kinds[reader.peek() ?? 0] ?? "other";
      const answer = lie(kind, honestAnswer(kind, id), id);
      if (typeof answer === "function") answer(socket);
      else socket.write(answer);
    });
  });
  return listening(server);
}
