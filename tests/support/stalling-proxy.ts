import { connect, createServer, type Socket } from "node:net";
import { type LoopbackServer, listening } from "./listening.ts";

export interface StallingProxy extends LoopbackServer {
  /** Connections taken so far. */
  readonly connections: number;
  /** From now on nothing passes on the connections that there are, and none of them is closed. */
  stallOpen(): void;
  /** The same for connections that come now. */
  stallNew(): void;
  /** New connections pass again; those that stalled stay dead. */
  heal(): void;
  /** Cuts every connection, as a server does in the end with those that stalled. */
  cut(which?: "stalled"): void;
  /** From now on only so much of the server's answers passes on each connection. */
  truncateAnswersAt(bytes: number | undefined): void;
}

/** Stands before a loopback server, and can stop to pass anything on without closing a connection, as a dead path does. */
export async function startStallingProxy(port: number | (() => number)): Promise<StallingProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly upstream: Socket; isDead: boolean }>();
  let connections = 0;
  let stallsNew = false;
  let mostBytes: number | undefined;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections++;
    const upstream = connect(typeof port === "number" ? port : port(), "127.0.0.1");
    const pair = { client, upstream, isDead: stallsNew };
    pairs.add(pair);
    let answered = 0;
    client.on("data", (chunk: Buffer) => void (pair.isDead || upstream.write(chunk)));
    upstream.on("data", (chunk: Buffer) => {
      const room = mostBytes === undefined ? chunk.length : Math.max(0, mostBytes - answered);
      answered += chunk.length;
      if (!pair.isDead && room > 0) client.write(chunk.subarray(0, room));
    });
    client.on("end", () => void (pair.isDead || upstream.end()));
    upstream.on("end", () => void (pair.isDead || client.end()));
    client.on("error", () => undefined).on("close", () => upstream.destroy());
    upstream
      .on("error", () => undefined)
      .on("close", () => {
        pairs.delete(pair);
        if (!pair.isDead) client.destroy();
      });
  });
  const listens = await listening(server);
  return {
    ...listens,
    get connections() {
      return connections;
    },
    stallOpen() {
      for (const pair of pairs) pair.isDead = true;
    },
    stallNew() {
      stallsNew = true;
    },
    heal() {
      stallsNew = false;
    },
    cut(which) {
      for (const { client, upstream, isDead } of pairs)
        if (isDead || which === undefined) for (const socket of [client, upstream]) socket.destroy();
    },
    truncateAnswersAt(bytes) {
      mostBytes = bytes;
    },
  };
}
