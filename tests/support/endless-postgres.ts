import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** An ErrorResponse whose fields have no end: the driver's parser looks for it past the end of its buffer, for ever. */
const withoutEnd = Buffer.from([0x45, 0, 0, 0, 8, 0x53, 0x61, 0x62, 0x63]);

/** A server that answers the first message of PostgreSQL's protocol with one that has no end. */
export async function startEndlessPostgres() {
  const sockets = new Set<Socket>();
  let sent = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.once("data", () => socket.write(withoutEnd, () => sent++));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    /** Of a secret's JSON. */
    place: { engine: "postgres", host: "127.0.0.1", port, ssl: "disable" },
    /** Connections that are open now. */
    open: () => sockets.size,
    /** How many clients were answered so far. */
    sent: () => sent,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export type EndlessPostgres = Awaited<ReturnType<typeof startEndlessPostgres>>;
