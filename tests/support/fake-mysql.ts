import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { listening, type LoopbackServer } from "./listening.ts";
import { greeting, nonce, ok, packet, rows } from "./rogue-mysql.ts";

/** One login, refused or not. */
export interface Session {
  readonly user: string;
  readonly database: string | undefined;
  readonly socket: Socket;
  /** Whether the client has said goodbye. */
  hasQuit: boolean;
  /** Whether the connection is closed. */
  isClosed: boolean;
  isOf(password: string): boolean;
}

/** What a pool sees of MySQL: it lets in, refuses, answers each statement with the user's name, closes and stays silent. */
export interface FakeMysql extends LoopbackServer {
  readonly sessions: readonly Session[];
  /** Passwords that are refused. */
  readonly wrong: Set<string>;
  /** Whether connections close when the client says goodbye, or hangs up. */
  closes: boolean;
  /** From now on nothing is sent, until `speak`. */
  stayQuiet(): void;
  /** Sends what is due. */
  speak(): void;
}

const commands = { quit: 0x01, query: 0x03 } as const;
const connectWithDatabase = 0x08;

const sha1 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** mysql_native_password's proof of a password. */
function proofOf(password: string): Buffer {
  const once = sha1(password);
  const mask = sha1(nonce, sha1(once));
  return once.map((byte, at) => byte ^ (mask[at] ?? 0)) as Buffer;
}

function login(body: Buffer, socket: Socket): Session {
  const userEnd = body.indexOf(0, 32);
  const proof = body.subarray(userEnd + 2, userEnd + 2 + (body[userEnd + 1] ?? 0));
  const rest = body.subarray(userEnd + 2 + proof.length);
  const hasDatabase = ((body[0] ?? 0) & connectWithDatabase) !== 0;
  return {
    user: body.toString("utf8", 32, userEnd),
    database: hasDatabase ? rest.toString("utf8", 0, rest.indexOf(0)) : undefined,
    socket,
    hasQuit: false,
    isClosed: false,
    isOf: (password) => proof.equals(proofOf(password)),
  };
}

const refusal = packet(2, Buffer.concat([Buffer.from([0xff, 1045 & 255, 1045 >> 8]), Buffer.from("#28000canary")]));

/** Calls `heard` with the body of each packet. */
function readPackets(socket: Socket, heard: (body: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUIntLE(0, 3)) {
      const end = 4 + bytes.readUIntLE(0, 3);
      const body = bytes.subarray(4, end);
      bytes = bytes.subarray(end);
      heard(body);
    }
  });
}

export async function startFakeMysql(): Promise<FakeMysql> {
  const sessions: Session[] = [];
  const wrong = new Set<string>();
  let due: (() => void)[] | undefined;
  const say = (socket: Socket, bytes: Buffer): void => {
    if (due === undefined) socket.write(bytes);
    else due.push(() => socket.write(bytes));
  };
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    let session: Session | undefined;
    socket.once("close", () => session !== undefined && (session.isClosed = true));
    say(socket, greeting());
    readPackets(socket, (body) => {
      if (session === undefined) {
        const made = login(body, socket);
        session = made;
        sessions.push(made);
        say(socket, [...wrong].some((password) => made.isOf(password)) ? refusal : ok(2));
      } else if (body[0] === commands.quit) {
        session.hasQuit = true;
        if (server.closes) socket.end();
      } else {
        say(socket, body[0] === commands.query ? rows([["user", "text", session.user]]) : ok(1));
      }
    });
    socket.once("end", () => server.closes && socket.end());
  });
  const server: FakeMysql = {
    ...(await listening(listener)),
    sessions,
    wrong,
    closes: true,
    stayQuiet: () => void (due ??= []),
    speak() {
      const sent = due ?? [];
      due = undefined;
      for (const send of sent) send();
    },
  };
  return server;
}
