import type { Socket } from "node:net";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { openPlain, secured } from "../connecting/open-socket.ts";
import { requireVerifiedTls } from "../connecting/tls-options.ts";
import { brokenConnection } from "../connecting/tls-alerts.ts";
import { askForTls, handshakeCarrier } from "./ask-for-tls.ts";
import { loginMessage } from "./login-message.ts";
import { kinds, type Kind, messageReader, packetBytes, packetsOf } from "./packets.ts";
import { type Answer, readAnswer, type ServerError } from "./tokens.ts";
import { statementError } from "./translate-error.ts";

/** Longer than the session's own lock time-out, so that this is reported as what it is. */
const answerTimeoutMs = 10_000;

/** One connection, and one request at a time on it; every wait ends with the call's signal, or after some seconds, by cutting the socket. */
export interface Connection {
  /** The rows of a query that ends in `FOR JSON PATH`: rekey reads one text, whatever the columns are. */
  query<Row>(operation: string, select: string, call: CallOptions, database?: string): Promise<readonly Row[]>;
  /** Runs one statement that changes something. Errors: those of `statementError`. */
  run(operation: string, statement: string, call: CallOptions): Promise<void>;
  close(): void;
}

/** A header that says: no transaction. Source: MS-TDS, 2.2.5.3.2. */
const noTransaction = Buffer.from([22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);

/** Requests and their answers on a socket, in turn. */
function conversation(socket: Socket) {
  let fault: RekeyError | undefined;
  let size = packetBytes;
  let take: ((answer: Buffer) => void) | undefined;
  let fail: (error: RekeyError) => void = () => undefined;
  const end = (error: RekeyError): void => {
    fault ??= error;
    fail(fault);
    socket.destroy();
  };
  const read = messageReader([kinds.answer], ({ content }) => {
    if (take === undefined) throw new ServerMisbehaved("an answer that nobody asked for");
    take(content);
    take = undefined;
  });
  const guarded = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      const problem = error instanceof ServerMisbehaved ? error.problem : "unreadable";
      end(new RekeyError("server-misbehaved", { context: { problem } }));
      return undefined;
    }
  };
  socket
    .on("data", (chunk: Buffer) => {
      guarded(() => read(chunk));
    })
    .on("error", (error) => end(brokenConnection(error)))
    .on("close", () => end(new RekeyError("connection-lost")));
  if (socket.destroyed) end(new RekeyError("connection-lost"));

  return {
    end,
    async ask(operation: string, kind: Kind, message: Buffer, { signal }: CallOptions): Promise<Answer> {
      const late = setTimeout(() => end(new RekeyError("database-timeout")), answerTimeoutMs);
      const answered = async (): Promise<Answer> =>
        new Promise((resolve, reject) => {
          fail = reject;
          take = (content) => {
            const answer = guarded(() => readAnswer(content));
            if (answer !== undefined) resolve(answer);
          };
          if (fault === undefined) socket.write(packetsOf(kind, message, size));
          else reject(fault);
        });
      try {
        if (signal.aborted) end(timeSpent(operation));
        const answer = await cutOnAbort(answered, signal, () => end(timeSpent(operation)));
        size = answer.packetBytes ?? size;
        return answer;
      } catch (error) {
        if (!(error instanceof RekeyError)) throw error;
        throw new RekeyError(error.code, { context: { operation, ...error.context }, hint: error.hint });
      } finally {
        clearTimeout(late);
      }
    },
  };
}

function rowsIn(text: string | undefined): readonly unknown[] {
  if (text === undefined) return [];
  try {
    const rows: unknown = JSON.parse(text);
    if (Array.isArray(rows)) return rows;
  } catch {
    // Reported below.
  }
  throw new RekeyError("server-misbehaved", { context: { problem: "rows of an unexpected form" } });
}

/**
 * Connects and logs in; the errors of a refused login are a result. The password goes out after the server's certificate is
 * verified, or where the secret says no TLS. Errors: those of `openPlain`, `askForTls` and `secured`, and of a conversation that breaks.
 */
export async function connect(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
): Promise<Connection | readonly ServerError[]> {
  const wantsTls = target.tls.mode !== "disable";
  requireVerifiedTls(target);
  const plain = await openPlain(target, call);
  try {
    await askForTls(plain, wantsTls, call);
  } catch (error) {
    plain.destroy();
    throw error;
  }
  const socket = wantsTls ? await secured(plain, target, call, handshakeCarrier(plain)) : plain;
  const { ask, end } = conversation(socket);
  socket.resume();
  const close = (): void => end(new RekeyError("connection-lost"));
  const message = loginMessage(credential, target.host, target.dbname);
  const { errors, isLoggedIn } = await ask("log in", kinds.login, message, call);
  if (!isLoggedIn || errors.length > 0) {
    close();
    return errors;
  }
  const send = async (operation: string, sql: string, by: CallOptions): Promise<Answer> => {
    const answer = await ask(operation, kinds.batch, Buffer.concat([noTransaction, Buffer.from(sql, "utf16le")]), by);
    if (answer.errors.length > 0) throw statementError(answer.errors, operation);
    return answer;
  };
  return {
    async query<Row>(operation: string, select: string, by: CallOptions, database?: string) {
      const use = database === undefined ? "" : `USE ${database}; `;
      const sql = `${use}SELECT CAST((${select} FOR JSON PATH, INCLUDE_NULL_VALUES) AS nvarchar(max)) AS answer`;
      return rowsIn((await send(operation, sql, by)).text) as readonly Row[];
    },
    async run(operation, statement, by) {
      await send(operation, `SET LOCK_TIMEOUT 5000; ${statement}`, by);
    },
    close,
  };
}
