import type { Socket } from "node:net";
import { RekeyError } from "../../errors/rekey-error.ts";
import { brokenConnection } from "../connecting/tls-alerts.ts";
import { encodeCommand, ErrorReply, misbehaved, wholeAnswer } from "./resp.ts";

/** No command of a rotation takes the server longer than microseconds. */
const answerTimeoutMs = 5_000;

/** One command at a time, and one answer to each. */
export interface Conversation {
  /** Rejects with `ErrorReply`. Errors: `connection-lost`, `database-timeout`, `server-misbehaved`, `tls-refused`, or what `end` was told. */
  ask(command: readonly string[]): Promise<unknown>;
  /** Cuts the connection; whoever waits gets this error. */
  end(fault: RekeyError): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function conversationOn(socket: Socket): Conversation {
  let waiting: Waiting | undefined;
  let fault: RekeyError | undefined;
  let held: Buffer[] = [];
  let late: NodeJS.Timeout | undefined;

  function settle(): Waiting | undefined {
    clearTimeout(late);
    held = [];
    const settled = waiting;
    waiting = undefined;
    return settled;
  }
  function end(error: RekeyError): void {
    fault ??= error;
    socket.destroy();
    settle()?.reject(fault);
  }
  function take(chunk: Buffer): void {
    if (fault !== undefined) return;
    if (waiting === undefined) throw misbehaved("an answer that nothing asked for");
    held = [Buffer.concat([...held, chunk])];
    const answer = wholeAnswer(held[0] ?? chunk);
    if (answer === undefined) return;
    const { value } = answer;
    if (value instanceof ErrorReply) settle()?.reject(value);
    else settle()?.resolve(value);
  }

  function read(chunk: Buffer): void {
    try {
      take(chunk);
    } catch (error) {
      end(error instanceof RekeyError ? error : misbehaved("unreadable"));
    }
  }

  socket.on("error", (error) => end(brokenConnection(error))).on("close", () => end(new RekeyError("connection-lost")));
  return {
    end,
    async ask(command) {
      if (fault !== undefined) throw fault;
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        late = setTimeout(() => end(new RekeyError("database-timeout")), answerTimeoutMs);
        socket.write(encodeCommand(command));
        // Only now, since a server that is full says so before it is asked.
        if (socket.listenerCount("data") === 0) socket.on("data", read);
      });
    },
  };
}
