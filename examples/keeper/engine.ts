import type { Socket } from "node:net";
import {
  type CallOptions,
  type Credential,
  cutOnAbort,
  type DatabaseEngine,
  type DatabaseSession,
  defineEngine,
  openSocket,
  type PasswordChange,
  RekeyError,
  singleUser,
} from "rekey/engine";

type Session = DatabaseSession & PasswordChange;

const answerMs = 10_000;
const mostLetters = 100;
const encoded = (text: string): string => Buffer.from(text).toString("base64url");

/** The answer to one line. Errors: `connection-lost`, `database-timeout`, `server-misbehaved`, `time-budget-spent`. */
async function ask(socket: Socket, operation: string, words: readonly string[], call: CallOptions): Promise<string> {
  const { signal } = call;
  const spent = (): RekeyError => new RekeyError("time-budget-spent", { context: { operation } });
  const ended = (): RekeyError =>
    signal.aborted ? spent() : new RekeyError("connection-lost", { context: { operation } });
  if (signal.aborted || socket.destroyed) throw ended();
  return cutOnAbort(
    async () =>
      new Promise((resolve, reject) => {
        let text = "";
        const over = (error?: RekeyError): void => {
          clearTimeout(late);
          socket.off("data", hear).off("close", lost);
          if (error === undefined) return resolve(text.trimEnd());
          socket.destroy();
          reject(error);
        };
        const lost = (): void => over(ended());
        const hear = (chunk: Buffer): void => {
          text += chunk.toString();
          if (text.endsWith("\n")) over();
          else if (text.length > mostLetters) over(new RekeyError("server-misbehaved", { context: { operation } }));
        };
        const late = setTimeout(() => over(new RekeyError("database-timeout", { context: { operation } })), answerMs);
        socket.on("data", hear).on("close", lost);
        socket.write(`${words.join(" ")}\n`);
      }),
    signal,
    () => socket.destroy(),
  );
}

const wordsOf = (verb: string, { username, password }: Credential): readonly string[] => [
  verb,
  encoded(username),
  encoded(password.reveal()),
];

function sessionOn(socket: Socket): Session {
  return {
    async setPassword(credential, call) {
      const operation = "set the password";
      const answer = await ask(socket, operation, wordsOf("PASSWORD", credential), call);
      if (answer === "OK") return;
      const code =
        answer === "DENIED"
          ? "database-rights-missing"
          : answer === "UNKNOWN"
            ? "account-unsupported"
            : "server-misbehaved";
      throw new RekeyError(code, {
        context: { operation, ...(answer === "UNKNOWN" ? { property: "no account" } : {}) },
      });
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

/** It takes passwords in clear, so only over verified TLS or where the secret says that there is none. */
const keeper: DatabaseEngine<Session> = {
  capabilities: { hashesPasswordOnClient: false },
  names: ["keeper"],
  defaultPort: 4_000,
  defaultDatabase: "",
  maxUsernameBytes: 200,
  plannedStatements: { setPassword: ["PASSWORD … …"] },
  async login(target, credential, call) {
    const socket = await openSocket(target, call);
    const answer = await ask(socket, "log in", wordsOf("LOGIN", credential), call);
    if (answer === "OK") return { ok: true, session: sessionOn(socket) };
    socket.destroy();
    if (answer === "REFUSED") return { ok: false, refusal: "bad-credential" };
    throw new RekeyError("server-misbehaved", { context: { operation: "log in" } });
  },
};

export default defineEngine({ engine: keeper, strategies: [singleUser(keeper)] });
