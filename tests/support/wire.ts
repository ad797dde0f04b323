import { connect, createServer, type Socket } from "node:net";

export type WireFault = "refuse" | "cut";

/** Counts every message that leaves the code under test, whatever the protocol, and breaks the one that it is told to. */
export interface Wire {
  /** How the next message must break: before it takes effect, after, or not at all. */
  next(): WireFault | undefined;
  /** From now on message `at` breaks; when `kills`, so does every later one until `revive`. */
  arm(plan: { readonly at: number; readonly fault: WireFault; readonly kills: boolean }): void;
  revive(): void;
  /** Lets messages pass uncounted while `work` runs. */
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
  readonly count: number;
  readonly struck: boolean;
}

export function createWire(): Wire {
  let count = 0;
  let plan: Parameters<Wire["arm"]>[0] | undefined;
  let struck = false;
  let dead = false;
  let paused = 0;
  return {
    next() {
      if (paused > 0) return undefined;
      if (dead) return "refuse";
      count++;
      if (plan === undefined || count !== plan.at) return undefined;
      struck = true;
      dead = plan.kills;
      return plan.fault;
    },
    arm(next) {
      plan = next;
      count = 0;
      struck = false;
      dead = false;
    },
    revive() {
      dead = false;
    },
    async aside(work) {
      paused++;
      try {
        return await work();
      } finally {
        paused--;
      }
    },
    get count() {
      return count;
    },
    get struck() {
      return struck;
    },
  };
}

export interface WireProxy {
  readonly port: number;
  /** The local ports of the connections to the server so far, in order: the server's log names them. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** A TCP proxy in front of a server whose client sends and then waits: each chunk from the client is one message. */
export async function startWireProxy(wire: Wire, targetPort: number): Promise<WireProxy> {
  const sockets = new Set<Socket>();
  const ports: number[] = [];
  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    upstream.once("connect", () => ports.push(upstream.localPort ?? 0));
    let cutting = false;
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
        .on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => {
      const fault = wire.next();
      if (fault === "refuse") return end();
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
    ports,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
