import { once } from "node:events";
import { connect, createServer, isIP, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { tlsOptions } from "../../shared/engines/connecting/tls-options.ts";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";

/** A server on loopback that is another one, but for its certificate. */
export interface TlsRelay {
  readonly port: number;
  stop(): Promise<void>;
}

/** A record of a handshake (22, 3, version, length) that holds a ClientHello (1), up to the end of what came. */
function clientHelloIn(chunk: Buffer): number | undefined {
  for (let at = chunk.indexOf(22); at >= 0 && at + 5 < chunk.length; at = chunk.indexOf(22, at + 1)) {
    const isHello = chunk[at + 1] === 3 && chunk[at + 5] === 1;
    if (isHello && at + 5 + chunk.readUInt16BE(at + 3) === chunk.length) return at;
  }
  return undefined;
}

/** Encrypts both halves anew: the client's with the relay's certificate, the server's verified as the target says. */
function encrypt(client: Socket, server: Socket, target: DatabaseTarget, certificate: ServerCertificate): void {
  const own = new TLSSocket(client, { isServer: true, cert: certificate.certificate, key: certificate.key });
  const end = (): void => {
    own.destroy();
    client.destroy();
    server.destroy();
  };
  own.on("error", end).on("close", end);
  own.once("secure", () => {
    const { host } = target;
    const theirs = connectTls({
      ...tlsOptions(target.tls),
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      socket: server,
    });
    theirs.on("error", end).on("close", end);
    own.pipe(theirs).pipe(own);
  });
}

/**
 * Stands in front of a server, whatever its protocol: what comes before the client's handshake passes as it is, and the
 * handshake is answered with this certificate.
 */
export async function startTlsRelay(target: DatabaseTarget, certificate: ServerCertificate): Promise<TlsRelay> {
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect(target.port, target.host);
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay(true));
      socket
        .on("error", end)
        .on("close", end)
        .once("close", () => sockets.delete(socket));
    }
    const answer = (chunk: Buffer): unknown => client.write(chunk);
    const pass = (chunk: Buffer): void => {
      const at = clientHelloIn(chunk);
      if (at !== 0) server.write(chunk.subarray(0, at));
      if (at === undefined) return;
      client.off("data", pass).pause();
      server.off("data", answer).pause();
      client.unshift(chunk.subarray(at));
      encrypt(client, server, target, certificate);
    };
    client.on("data", pass);
    server.on("data", answer);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const address = relay.address();
  if (address === null || typeof address === "string") throw new TypeError("the relay has no port");
  return {
    port: address.port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
