import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Server, type Socket } from "node:net";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1; `stop` cuts every connection. */
export async function listening(server: Server): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return { port: address.port, stop, [Symbol.asyncDispose]: stop };
}

/** The same, of HTTP, or of HTTPS with this certificate. */
export const answeringHttp = async (onRequest: RequestListener, tls?: ServerCertificate): Promise<LoopbackServer> =>
  listening(
    tls === undefined ? createServer(onRequest) : createTlsServer({ key: tls.key, cert: tls.certificate }, onRequest),
  );

/** Whether something on 127.0.0.1 takes connections on this port. */
export async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
