import { connect, createServer, type Socket } from "node:net";
import { listening } from "./listening.ts";

export interface StallingProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes on the connections that are open, and nothing closes them. */
  stallOpen(): void;
  /** The same, and connections to come are taken and not served. */
  stall(): void;
  /** Serves connections to come. */
  recover(): void;
  /** Connections that were taken. */
  readonly taken: number;
}

/** Between a client and the server at this port. */
export async function stallingProxy(port: number): Promise<StallingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isStalled = false;
  let taken = 0;
  const server = await listening(
    createServer((client) => {
      taken++;
      if (isStalled) return void client.resume();
      const upstream = connect(port, "127.0.0.1");
      const pair = [client, upstream] as const;
      pairs.add(pair);
      for (const [from, to] of [pair, [upstream, client]] as const) {
        from
          .on("error", () => undefined)
          .on("close", () => {
            pairs.delete(pair);
            to.destroy();
          });
        from.pipe(to);
      }
    }),
  );
  const stallOpen = (): void => {
    for (const [client, upstream] of pairs) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      client.resume();
      upstream.resume();
    }
  };
  return {
    port: server.port,
    stallOpen,
    stall() {
      isStalled = true;
      stallOpen();
    },
    recover() {
      isStalled = false;
    },
    get taken() {
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const [, upstream] of pairs) upstream.destroy();
      await server.stop();
    },
  };
}
