import type { Socket } from "node:net";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { answerGuard } from "./guard-answers.ts";
import { answerTimeoutMs } from "./limits.ts";

const operation = "StartTLS";

/** Message 1, an extended request of this name. Source: RFC 4511, 4.14. */
const name = Buffer.from("1.3.6.1.4.1.1466.20037", "latin1");
const request = Buffer.concat([
  Buffer.from([0x30, name.length + 7, 0x02, 1, 1, 0x77, name.length + 2, 0x80, name.length]),
  name,
]);

/**
 * Asks for TLS on a connection that has none yet. What comes with the answer, and could be taken for something said under TLS,
 * ends it. Errors: `tls-refused`, `server-misbehaved`, `connection-lost`, `database-timeout`, `time-budget-spent`.
 */
export async function startTls(socket: Socket, { signal }: CallOptions): Promise<void> {
  const answers = answerGuard();
  answers.expect("startTls", 1);
  const answered = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      const read = answers.guard(() => undefined);
      const late = setTimeout(
        () => reject(new RekeyError("database-timeout", { context: { operation } })),
        answerTimeoutMs,
      );
      const lost = (): void =>
        reject(signal.aborted ? timeSpent(operation) : new RekeyError("connection-lost", { context: { operation } }));
      const settle = (): void => {
        clearTimeout(late);
        socket.off("close", lost).off("data", take);
      };
      const take = (chunk: Buffer): void => {
        try {
          read(chunk);
          if (answers.result === undefined) return;
          settle();
          // What follows is the handshake's.
          socket.pause();
          resolve();
        } catch (error) {
          settle();
          const problem = error instanceof ServerMisbehaved ? error.problem : "unreadable";
          reject(
            error instanceof RekeyError
              ? error
              : new RekeyError("server-misbehaved", { context: { operation, problem } }),
          );
        }
      };
      socket.once("close", lost).on("data", take).write(request);
    });
  if (signal.aborted) throw timeSpent(operation);
  await cutOnAbort(answered, signal, () => socket.destroy());
  const code = answers.result?.code;
  if (code === 0) return;
  throw new RekeyError("tls-refused", {
    context: { operation, resultCode: code },
    hint: "the server does not do StartTLS on this port: give it a certificate, or name its port for LDAPS in the secret",
  });
}
