import { createServer, type Socket } from "node:net";
import { listening } from "./listening.ts";

/** An ErrorResponse whose fields have no end: the driver's parser looks for it past the end of its buffer, for ever. */
const withoutEnd = Buffer.from([0x45, 0, 0, 0, 8, 0x53, 0x61, 0x62, 0x63]);

/** The head of an ErrorResponse of a gigabyte, of which a piece is sent again and again. */
const head = Buffer.from([0x45, 0x40, 0, 0, 0]);
const piece = Buffer.alloc(1_048_576, 0x61);

function flood(socket: Socket): void {
  const more = (): unknown => socket.destroyed || socket.write(piece, (error) => error ?? more());
  socket.write(head, more);
}

/** A server that answers the first message of PostgreSQL's protocol with one that has no end, or with one of a gigabyte. */
export async function startEndlessPostgres(answer: "without an end" | "of a gigabyte" = "without an end") {
  const sockets = new Set<Socket>();
  let sent = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", () => {
      sent++;
      if (answer === "of a gigabyte") flood(socket);
      else socket.write(withoutEnd);
    });
  });
  const { port, stop } = await listening(server);
  return {
    /** Of a secret's JSON. */
    place: { engine: "postgres", host: "127.0.0.1", port, ssl: "disable" },
    /** Connections that are open now. */
    open: () => sockets.size,
    /** How many clients were answered so far. */
    sent: () => sent,
    stop,
  };
}

export type EndlessPostgres = Awaited<ReturnType<typeof startEndlessPostgres>>;
