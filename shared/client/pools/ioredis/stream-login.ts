import type { Socket } from "node:net";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { Login } from "../redis/redis-login.ts";

/** No answer to AUTH is longer. */
const longestAnswer = 4_096;

/** What ends a wait on a stream: the result, or why it cannot come. */
interface Wait<Result> {
  readonly stream: Socket;
  /** Why, where the time is over. */
  readonly late?: () => Error | undefined;
  readonly timeoutMs: number;
  readonly secretId: string;
  /** Listens; returns what stops listening. */
  begin(resolve: (result: Result) => void, reject: (error: Error) => void): () => void;
}

async function settled<Result>({ stream, timeoutMs, secretId, begin, late: why }: Wait<Result>): Promise<Result> {
  const lost = (): RekeyError =>
    new RekeyError("connection-lost", { context: { secret: secretId, operation: "log in" } });
  if (stream.destroyed) throw stream.errored ?? lost();
  let stop = (): void => undefined;
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      const closed = (): void => reject(stream.errored ?? lost());
      const listening = begin(resolve, reject);
      stream.once("error", reject);
      stream.once("close", closed);
      late = setTimeout(() => {
        const context = { secret: secretId, operation: "log in", timeoutMs };
        reject(why?.() ?? new RekeyError("time-budget-spent", { context }));
      }, timeoutMs);
      stop = () => {
        listening();
        stream.off("error", reject);
        stream.off("close", closed);
      };
    });
  } finally {
    clearTimeout(late);
    stop();
  }
}

/** Resolves once the stream is connected, and encrypted where it is to be. */
export async function untilConnected(stream: Socket, timeoutMs: number, secretId: string): Promise<void> {
  const isEncrypted = Reflect.get(stream, "encrypted") === true;
  if (!stream.connecting && !isEncrypted) return;
  await settled<void>({
    stream,
    timeoutMs,
    secretId,
    late() {
      if (!isEncrypted || stream.connecting) return undefined;
      return new RekeyError("tls-refused", {
        context: { secret: secretId, reason: "no answer to TLS" },
        hint: "the server does not speak TLS on this port: name the port that does, or write ssl: false in the secret",
      });
    },
    begin(resolve) {
      const event = isEncrypted ? "secureConnect" : "connect";
      const connected = (): void => resolve();
      stream.once(event, connected);
      return () => stream.off(event, connected);
    },
  });
}

/** Sends AUTH before anything else is sent there. Returns the server's answer, one line of RESP. */
export async function askForLogin(
  stream: Socket,
  { username, password }: Login,
  timeoutMs: number,
  secretId: string,
): Promise<string> {
  const words = ["AUTH", username, password].map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return settled<string>({
    stream,
    timeoutMs,
    secretId,
    begin(resolve, reject) {
      let answer = "";
      const take = (chunk: Buffer): void => {
        answer += chunk.toString("latin1");
        const end = answer.indexOf("\r\n");
        if (end >= 0) resolve(answer.slice(0, end));
        else if (answer.length > longestAnswer)
          reject(new RekeyError("connection-lost", { context: { secret: secretId, problem: "no answer of Redis" } }));
      };
      stream.on("data", take);
      stream.write(`*3\r\n${words.join("")}`);
      // It flows on, since ioredis 5.0 does not resume what was paused; the server says nothing until it is asked.
      return () => stream.off("data", take);
    },
  });
}
