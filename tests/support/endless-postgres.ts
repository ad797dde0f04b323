import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** An ErrorResponse whose fields have no end: the driver's parser looks for it past the end of its buffer, for ever. */
const withoutEnd = Buffer.from([0x45, 0, 0, 0, 8, 0x53, 0x61, 0x62, 0x63]);

/** A server that speaks enough of PostgreSQL's protocol to be logged in to, and answers the first message with one that never ends. */
export async function startEndlessPostgres() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.once("data", () => socket.write(withoutEnd));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port,
    /** Resolves when the next client has connected. */
    connected: async () => once(server, "connection"),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
