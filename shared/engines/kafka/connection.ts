import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxAnswerBytes } from "../connecting/limits.ts";
import { openSocket } from "../connecting/open-socket.ts";
import { brokenConnection } from "../connecting/tls-alerts.ts";
import { int16, int32, noTags, Reader, string } from "./wire.ts";

/** A kind of request in one version of it, and how the answer is read. */
export interface Api<Answer> {
  /** In errors. */
  readonly operation: string;
  readonly key: number;
  readonly version: number;
  /** Whether the version has tagged fields. */
  readonly isFlexible?: boolean;
  readonly read: (answer: Reader) => Answer;
}

/** One connection to one broker, one request at a time on it. Addresses that the broker names are not followed. */
export interface Connection {
  /** Errors: `connection-lost`, `database-timeout`, `time-budget-spent`, `tls-refused`, `server-misbehaved`. */
  ask<Answer>(api: Api<Answer>, body: readonly Buffer[], call: CallOptions): Promise<Answer>;
  close(): void;
}

/** A broker waits for its controller for as long as it thinks right. */
const answerTimeoutMs = 10_000;
const clientId = "rekey";

interface Waiting {
  readonly take: (answer: Buffer) => void;
  readonly fail: (error: RekeyError) => void;
}

const misbehaved = (problem: string): RekeyError => new RekeyError("server-misbehaved", { context: { problem } });

const during = (operation: string, error: unknown): RekeyError => {
  if (error instanceof RekeyError) {
    return new RekeyError(error.code, { context: { operation, ...error.context }, hint: error.hint });
  }
  const problem = error instanceof ServerMisbehaved ? error.problem : "unreadable";
  return new RekeyError("server-misbehaved", { context: { operation, problem } });
};

/** Connects, and sends nothing yet. Errors: those of `openSocket`. */
export async function connect(target: DatabaseTarget, call: CallOptions): Promise<Connection> {
  const socket = await openSocket(target, call);
  let fault: RekeyError | undefined;
  let waiting: Waiting | undefined;
  let held = Buffer.alloc(0);
  let id = 0;

  function end(error: RekeyError): void {
    fault ??= error;
    socket.destroy();
    waiting?.fail(fault);
  }
  function take(chunk: Buffer): void {
    if (fault !== undefined) return;
    if (waiting === undefined) return end(misbehaved("an answer that nothing asked for"));
    held = Buffer.concat([held, chunk]);
    if (held.length < 4) return;
    const size = held.readInt32BE();
    if (size < 4 || size > maxAnswerBytes) return end(misbehaved("an answer without an end"));
    if (held.length < 4 + size) return;
    if (held.length > 4 + size) return end(misbehaved("more than one answer"));
    const answer = held.subarray(4);
    held = Buffer.alloc(0);
    waiting.take(answer);
  }
  socket
    .on("data", take)
    .on("error", (error) => end(brokenConnection(error)))
    .on("close", () => end(new RekeyError("connection-lost")));
  if (socket.destroyed) end(new RekeyError("connection-lost"));

  async function answered(request: Buffer): Promise<Buffer> {
    const late = setTimeout(() => end(new RekeyError("database-timeout")), answerTimeoutMs);
    try {
      return await new Promise((resolve, reject) => {
        waiting = { take: resolve, fail: reject };
        socket.write(Buffer.concat([int32(request.length), request]));
      });
    } finally {
      clearTimeout(late);
      waiting = undefined;
    }
  }

  return {
    async ask({ operation, key, version, isFlexible = false, read }, body, { signal }) {
      if (fault === undefined && signal.aborted) end(timeSpent(operation));
      if (fault !== undefined) throw during(operation, fault);
      id += 1;
      const head = [int16(key), int16(version), int32(id), string(clientId), ...(isFlexible ? [noTags] : [])];
      const request = Buffer.concat([...head, ...body]);
      try {
        const bytes = await cutOnAbort(
          async () => answered(request),
          signal,
          () => end(timeSpent(operation)),
        );
        const answer = new Reader(bytes);
        if (answer.int32() !== id) throw misbehaved("an answer to another request");
        if (isFlexible) answer.tags();
        const found = read(answer);
        answer.end();
        return found;
      } catch (error) {
        const known = during(operation, error);
        end(known);
        throw known;
      }
    },
    close: () => end(new RekeyError("connection-lost")),
  };
}
