import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface Connections {
  readonly count: number;
  /**
   * Marks a connection as one whose caller has shown the token: it then stays while others come. False when as many of
   * these as may be are open already.
   */
  trust(socket: Socket): boolean;
  /** Whether it has shown the token, and all its requests are answered. */
  isIdle(socket: Socket): boolean;
}

/**
 * Kept for connections that have not shown the token, however many have: as many as the system hands over at once, so that a
 * flood of them does not close one whose request has arrived and is not read yet.
 */
const newcomers = 512;
/** A client that waits for its answers has one. */
const mostUnanswered = 8;

/**
 * The connections of a server. Callers without the token cannot shut out one who has it: beyond the limit the oldest
 * connection that has not shown it is closed, which had the longest time to do so. A connection with more than eight
 * requests that are not answered yet is closed, too.
 */
export function connectionsOf(server: Server, most: number): Connections {
  /** In the order in which they came. */
  const strangers = new Set<Socket>();
  const trusted = new Set<Socket>();
  const unanswered = new WeakMap<Socket, number>();

  server.on("connection", (socket) => {
    strangers.add(socket);
    socket.once("close", () => strangers.delete(socket) || trusted.delete(socket));
    const [oldest] = strangers;
    if (oldest === undefined || strangers.size <= Math.max(newcomers, most - trusted.size)) return;
    strangers.delete(oldest);
    oldest.destroy();
  });
  server.prependListener("request", ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    if (count > mostUnanswered) socket.destroy();
  });

  return {
    get count() {
      return strangers.size + trusted.size;
    },
    trust(socket) {
      if (trusted.has(socket)) return true;
      if (trusted.size >= most || !strangers.delete(socket)) return false;
      trusted.add(socket);
      return true;
    },
    isIdle: (socket) => trusted.has(socket) && !unanswered.get(socket),
  };
}
