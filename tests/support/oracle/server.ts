import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ServerCertificate } from "../../../shared/testing/engine-contract/fixture.ts";
import { type LoopbackServer, listening } from "../listening.ts";
import { administer } from "./administration.ts";
import { type Database, keptName, OraError, type User } from "./database.ts";
import {
  acceptance,
  data,
  dataTypesAnswer,
  ending,
  marker,
  packet,
  packetTypes,
  parameters,
  protocolAnswer,
  Reader,
  refusal,
  rows,
  status,
} from "./ttc.ts";
import { challenge, type Challenge, passwordIn, proof, verifierOf } from "./verifier.ts";

const functions = { phaseOne: 118, phaseTwo: 115, execute: 94, logOff: 9, closeCursors: 105 } as const;
const messages = { protocol: 1, dataTypes: 2, function: 3, piggyback: 17 } as const;
const tlsAnew = 0x08;
const breakMark = 1;
const resetMark = 2;
const endOfRows = 1403;
/** 19.21.0.0.0 */
const version = String((19 << 24) | (21 << 16));

/** One connection: `write` sends, and `take` is given each whole packet. */
class Conversation {
  readonly #database: Database;
  readonly #write: (packet: Buffer) => void;
  #user = "";
  #challenge: Challenge | undefined;
  #key: Buffer | undefined;
  /** What follows the client's reset. */
  #afterReset: Buffer | undefined;

  constructor(database: Database, write: (packet: Buffer) => void) {
    this.#database = database;
    this.#write = write;
  }

  take(type: number, body: Buffer): void {
    if (type === packetTypes.marker) {
      if (body[2] !== resetMark || this.#afterReset === undefined) return;
      this.#write(marker(resetMark));
      this.#write(this.#afterReset);
      this.#afterReset = undefined;
      return;
    }
    const reader = new Reader(body.subarray(2));
    let message = reader.byte();
    if (message === messages.protocol) return this.#write(data(protocolAnswer()));
    if (message === messages.dataTypes) return this.#write(data(dataTypesAnswer()));
    while (message === messages.piggyback) {
      reader.skip(3);
      for (let left = reader.number(); left > 0; left--) reader.number();
      message = reader.byte();
    }
    const call = reader.byte();
    reader.byte();
    if (call === functions.phaseOne) this.#begin(reader);
    else if (call === functions.phaseTwo) this.#authenticate(reader);
    else if (call === functions.execute) this.#execute(reader);
    else this.#write(data(status()));
  }

  #named(reader: Reader): { readonly name: string; readonly pairs: ReadonlyMap<string, string> } {
    const hasUser = reader.byte() === 1;
    reader.number();
    reader.number();
    reader.byte();
    const count = reader.number();
    reader.skip(2);
    const name = hasUser ? reader.bytes().toString() : "";
    return { name: keptName(name), pairs: reader.pairs(count) };
  }

  #begin(reader: Reader): void {
    this.#user = this.#named(reader).name;
    const user = this.#database.users.get(this.#user);
    const salt = user?.salt ?? randomBytes(16);
    this.#challenge = challenge(salt, user?.verifiers[0] ?? verifierOf(randomBytes(8).toString("hex"), salt));
    this.#write(data(parameters(this.#challenge.pairs), status()));
  }

  #authenticate(reader: Reader): void {
    const { pairs } = this.#named(reader);
    try {
      if (this.#key !== undefined) {
        const passwordAt = (name: string): string =>
          passwordIn(this.#key ?? Buffer.alloc(0), pairs.get(name) ?? "") ?? "";
        this.#database.changeOwn(this.#user, passwordAt("AUTH_PASSWORD"), passwordAt("AUTH_NEWPASSWORD"));
        return this.#write(data(parameters([]), status()));
      }
      const user: User | undefined = this.#database.users.get(this.#user);
      const accepted = this.#challenge?.accept(pairs, user?.verifiers ?? []);
      this.#database.logIn(this.#user, accepted !== undefined);
      this.#key = accepted?.key;
      const answer = [
        { key: "AUTH_SVR_RESPONSE", value: proof(accepted?.key ?? Buffer.alloc(32)) },
        { key: "AUTH_VERSION_NO", value: version },
      ];
      this.#write(data(parameters(answer), status()));
    } catch (error) {
      this.#write(data(ending(numberOf(error), "as an Oracle would say it")));
    }
  }

  #execute(reader: Reader): void {
    const sql = statementIn(reader);
    try {
      const table = administer(this.#database, this.#user, sql) ?? this.#database.run(this.#user, sql);
      this.#write(data(rows(table), ending(sql.startsWith("SELECT") ? endOfRows : 0)));
    } catch (error) {
      // As before 23ai: the server breaks off, and says why once the client is ready to hear it.
      this.#afterReset = data(ending(numberOf(error), "as an Oracle would say it"));
      this.#write(marker(breakMark));
    }
  }
}

/** Of a client that was told that the server has the fields of 19c. */
function statementIn(reader: Reader): string {
  const numbers = (count: number): void => {
    for (let left = count; left > 0; left--) reader.number();
  };
  numbers(2);
  reader.byte();
  numbers(1);
  reader.byte();
  numbers(1);
  reader.skip(3);
  numbers(2);
  reader.byte();
  numbers(1);
  reader.skip(6);
  numbers(2);
  reader.skip(3);
  numbers(1);
  reader.byte();
  numbers(2);
  reader.byte();
  numbers(1);
  reader.skip(2);
  numbers(1);
  reader.byte();
  numbers(1);
  reader.skip(2);
  numbers(1);
  return reader.bytes().toString();
}

const numberOf = (error: unknown): number => {
  if (error instanceof OraError) return error.number;
  throw error;
};

const service = (descriptor: string): string => /\(SERVICE_NAME=([^)]*)\)/.exec(descriptor)?.[1] ?? "";

export interface OracleServer extends LoopbackServer {
  readonly host: string;
  readonly database: Database;
}

/** What is written in place of an honest packet, the `index`-th of the connection; a function may go on writing. */
export type OracleLie = (honest: Buffer, index: number) => Buffer | ((socket: Socket) => void);

/** Splits what a client writes into packets, and answers for the listener until it is accepted. */
function serve(socket: Socket, database: Database, tls: ServerCertificate | undefined, lie: OracleLie): void {
  let index = 0;
  let isAccepted = false;
  let mayResend = tls !== undefined;
  let held = Buffer.alloc(0);
  let stream = socket;
  const write = (whole: Buffer): void => {
    const written = lie(whole, index++);
    if (typeof written === "function") written(stream);
    else stream.write(written);
  };
  const conversation = new Conversation(database, write);

  function connect(descriptor: string): void {
    if (mayResend) {
      // As where a process takes the connection over from the listener: TLS begins again.
      mayResend = false;
      write(packet(packetTypes.resend, Buffer.alloc(0), false, tlsAnew));
      stream.removeAllListeners();
      return begin();
    }
    if (service(descriptor).toUpperCase() !== database.service.toUpperCase()) {
      stream.end(refusal(12514));
      return;
    }
    isAccepted = true;
    write(acceptance());
  }

  function takeAll(): void {
    // TLS where none is spoken.
    if (!isAccepted && held[0] === 0x16) return void socket.destroy();
    while (held.length >= 8) {
      const length = isAccepted ? held.readUInt32BE(0) : held.readUInt16BE(0);
      if (length < 8) return void socket.destroy();
      if (held.length < length) return;
      const whole = held.subarray(0, length);
      held = held.subarray(length);
      const type = whole[4] ?? 0;
      if (isAccepted) conversation.take(type, whole.subarray(8));
      else if (type === packetTypes.data) connect(whole.toString("latin1", 10));
      else if (type !== packetTypes.connect) socket.destroy();
      // A long descriptor follows in a packet of its own.
      else if (length > 74) connect(whole.toString("latin1", 74));
    }
  }

  function begin(): void {
    held = Buffer.alloc(0);
    if (tls !== undefined) stream = new TLSSocket(socket, { isServer: true, key: tls.key, cert: tls.certificate });
    stream
      .on("error", () => socket.destroy())
      .on("data", (chunk: Buffer) => {
        held = Buffer.concat([held, chunk]);
        takeAll();
      });
  }
  begin();
}

/** Speaks as much of Oracle's protocol as rekey hears of a 19c. With a certificate, TLS only. */
export async function startOracle(
  database: Database,
  tls?: ServerCertificate,
  lie: OracleLie = (honest) => honest,
): Promise<OracleServer> {
  const server = await listening(createServer((socket) => serve(socket, database, tls, lie)));
  return { ...server, host: "127.0.0.1", database };
}
