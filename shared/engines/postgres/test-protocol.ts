import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface ProtocolServer extends AsyncDisposable {
  readonly port: number;
}

/** A server that answers each startup message with these bytes and then says nothing. */
export async function answerWith(bytes: Buffer): Promise<ProtocolServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("data", () => socket.write(bytes));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The request for an authentication method, as PostgreSQL's protocol numbers them. */
export function authenticationRequest(method: number): Buffer {
  const message = Buffer.alloc(9);
  message.write("R");
  message.writeInt32BE(8, 1);
  message.writeInt32BE(method, 5);
  return message;
}

/** A refusal as the server sends it. */
export function errorResponse(sqlState: string, text: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${sqlState}\0M${text}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
