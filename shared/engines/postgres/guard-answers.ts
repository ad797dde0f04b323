import type { Client } from "pg";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxAnswerBytes, maxMessageBytes } from "../connecting/limits.ts";
import { guardParser } from "./wire/guard-parser.ts";

const headerBytes = 5;

/** The messages of a login and of the simple query protocol, by their first byte. */
const known = new Set(Buffer.from("ACDEIKNRSTZ"));

const [error, notice] = Buffer.from("EN");

/**
 * A list of fields (of an error or a notice) without its two zero bytes at the end, of which an empty one has one, is read
 * for ever.
 */
const isEndless = (message: Buffer): boolean =>
  (message[0] === error || message[0] === notice) &&
  (message.at(-1) !== 0 || (message.length > headerBytes + 1 && message.at(-2) !== 0));

/** Hands on whole messages only, of kinds and lengths that can be. */
function framed(parse: (messages: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let end = 0;
    while (end + headerBytes <= bytes.length) {
      const next = end + 1 + bytes.readUInt32BE(end + 1);
      if (!known.has(bytes[end] ?? 0)) throw new ServerMisbehaved("unknown message");
      if (next < end + headerBytes) throw new ServerMisbehaved("message shorter than its header");
      if (next > end + maxMessageBytes) throw new ServerMisbehaved("message too long");
      if (next > bytes.length) break;
      const message = bytes.subarray(end, next);
      if (message.length === headerBytes || isEndless(message)) throw new ServerMisbehaved("message cut short");
      end = next;
    }
    held = bytes.subarray(end);
    if (end > 0) parse(bytes.subarray(0, end));
  };
}

/** By the driver's names: which messages of a login come after which; "" is the start. */
const logins: Readonly<Record<string, readonly string[]>> = {
  authenticationCleartextPassword: [""],
  authenticationMD5Password: [""],
  authenticationSASL: [""],
  authenticationSASLContinue: ["authenticationSASL"],
  authenticationSASLFinal: ["authenticationSASLContinue"],
  // Without the server's own proof in SCRAM's last message, whoever answers need not know the password.
  authenticationOk: ["", "authenticationCleartextPassword", "authenticationMD5Password", "authenticationSASLFinal"],
};

/** Comes at any time. */
const unasked = new Set(["error", "notice"]);
/** Comes at any time after the login. */
const reports = new Set(["parameterStatus", "notification"]);

export interface AnswerGuard {
  /** A statement is about to be sent. */
  expectAnswer(): void;
}

/**
 * Stands before the driver's parser, which loops for ever on some malformed messages, throws at others, and takes messages
 * in any order and number. The connection ends with `ServerMisbehaved` instead. `onMessage` may throw too.
 */
export function guardAnswers(connection: Client["connection"], onMessage: (name: string) => void): AnswerGuard {
  let receivedBytes = 0;
  let login = "";
  /** Answers that are still to come, the login's among them: after an error the driver goes on before the server is ready. */
  let asked = 1;

  const inOrder = ({ name }: { readonly name: string }): void => {
    const before = logins[name];
    if (before !== undefined) {
      if (!before.includes(login)) throw new ServerMisbehaved(`${name} out of order`);
      login = name;
    } else if (!unasked.has(name)) {
      const isIn = login === "authenticationOk";
      if (!isIn || !(asked > 0 || reports.has(name))) throw new ServerMisbehaved(`${name} out of order`);
      if (name === "readyForQuery") asked -= 1;
    }
    onMessage(name);
  };
  // Of the driver's own, hence before each message takes effect.
  connection.on("message", inOrder);

  guardParser(connection, (parse) => {
    const parseWhole = framed(parse);
    return (chunk) => {
      receivedBytes += chunk.length;
      if (receivedBytes > maxAnswerBytes) throw new ServerMisbehaved("answer too long");
      parseWhole(chunk);
    };
  });
  return {
    expectAnswer() {
      receivedBytes = 0;
      asked += 1;
    },
  };
}
