import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Wire } from "./wire.ts";

const closingMs = 3_000;
const pollMs = 10;

/** A TCP proxy in front of a server whose client sends and then waits: each chunk from the client is one message. */
export interface WireProxy {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  /** The connections that are open now, each by a number of its own. */
  open(): readonly number[];
  /** Connections that are left open, once those that are about to close had the time to. */
  leftOpen(): Promise<number>;
  /** Every byte that passed, in either direction, since the last call. */
  takeBytes(): Buffer;
  stop(): Promise<void>;
}

export async function startWireProxy(wire: Wire, target: { host: string; port: number }): Promise<WireProxy> {
  const sockets = new Set<Socket>();
  const open = new Set<number>();
  let chunks: Buffer[] = [];
  let connections = 0;
  const server = createServer((client) => {
    const id = ++connections;
    open.add(id);
    client.on("close", () => open.delete(id));
    const upstream = connect(target.port, target.host);
    let cutting = false;
    let hanging = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .setNoDelay(true)
        .on("error", end)
        .on("close", end)
        .on("close", () => sockets.delete(socket))
        .on("data", (chunk) => chunks.push(chunk));
    }
    client.on("data", (chunk) => {
      if (hanging) return;
      const fault = wire.next("database");
      if (fault === "refuse") return end();
      hanging ||= fault === "hang";
      if (hanging) return;
      cutting ||= fault === "cut";
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => (cutting ? end() : client.write(chunk)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    open: () => [...open],
    async leftOpen() {
      for (let waitedMs = 0; sockets.size > 0 && waitedMs < closingMs; waitedMs += pollMs) await wait(pollMs);
      return sockets.size / 2;
    },
    takeBytes() {
      const bytes = Buffer.concat(chunks);
      chunks = [];
      return bytes;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
