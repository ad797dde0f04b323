import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Balancer {
  readonly address: string;
  /** How many connections went to where nothing listened. */
  refused(): number;
  /** As its health check does once nothing listens at `address`: no connection goes there from now on. */
  takeOut(address: string): void;
  stop(): Promise<void>;
}

/** Gives each connection to the next of these loopback addresses, whether something listens there or not. */
export async function startBalancer(addresses: readonly string[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let inService = addresses;
  let turn = 0;
  let refused = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(inService[turn++ % inService.length] ?? "").port), "127.0.0.1");
    upstream.once("error", (error) => {
      if ("code" in error && error.code === "ECONNREFUSED") refused += 1;
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy()).on("close", () => open.delete(one));
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return {
    address: `http://127.0.0.1:${bound.port}`,
    refused: () => refused,
    takeOut(address) {
      inService = inService.filter((other) => other !== address);
    },
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}
