import type { Duplex } from "node:stream";
import type { LoopbackServer } from "./listening.ts";

/** One client's connection to a server that a test speaks for. */
export interface Visit {
  readonly socket: Duplex;
  /** The next bytes of the client, which are one message unless it sends several at once. */
  next(): Promise<Buffer>;
  send(...bytes: readonly Buffer[]): void;
}

export interface RogueServer extends LoopbackServer {
  /** All that clients have sent. */
  received(): string;
}

/** `heard` is added to with all that the client sends. */
export function visitOf(socket: Duplex, heard: Buffer[]): Visit {
  const waiting: Buffer[] = [];
  let wake: (() => void) | undefined;
  socket
    .on("error", () => undefined)
    .on("data", (chunk: Buffer) => {
      heard.push(chunk);
      waiting.push(chunk);
      wake?.();
    });
  return {
    socket,
    async next() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() ?? Buffer.alloc(0);
    },
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
  };
}
