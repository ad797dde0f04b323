import { connect, createServer, type Socket } from "node:net";
import { type LoopbackServer, listening } from "../listening.ts";

export interface StallingProxy extends LoopbackServer {
  /** From now on the connections that are open carry nothing, in either direction, and stay open. */
  stallOpen(): void;
  /** The same for connections that come now. */
  stallNew(): void;
  /** New connections are forwarded again. Those that stalled stay as they are. */
  forwardNew(): void;
}

/** Forwards connections to a port of 127.0.0.1, until it no longer does. */
export async function startStallingProxy(port: number): Promise<StallingProxy> {
  const open = new Set<readonly [Socket, Socket]>();
  let takesNew = true;
  const server = createServer((client) => {
    if (!takesNew) return void client.pause();
    const upstream = connect(port, "127.0.0.1");
    const pair = [client, upstream] as const;
    open.add(pair);
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.on("error", () => client.destroy());
    client.on("close", () => {
      open.delete(pair);
      upstream.destroy();
    });
  });
  const proxy = await listening(server);
  return {
    ...proxy,
    stallOpen() {
      for (const pair of open) for (const socket of pair) socket.unpipe().pause();
    },
    stallNew() {
      takesNew = false;
    },
    forwardNew() {
      takesNew = true;
    },
  };
}
