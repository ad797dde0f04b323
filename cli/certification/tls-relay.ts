import { once } from "node:events";
import { connect, createServer, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import type { TlsCarrier } from "../../shared/engines/connecting/open-socket.ts";
import { tlsOptions } from "../../shared/engines/connecting/tls-options.ts";
import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";

/** What a protocol does to TLS. */
export interface RelayedProtocol {
  /** What carries the handshake, in messages of the protocol's own. */
  readonly carrierOf?: (socket: Socket) => TlsCarrier;
  /** Whether a server that wrote this has both sides begin TLS again, on the same connection. */
  readonly beginsTlsAnew?: (chunk: Buffer) => boolean;
}

/** A server on loopback that is another one, but for its certificate. */
export interface TlsRelay {
  readonly port: number;
  stop(): Promise<void>;
}

const dataRecord = 0x17;

/** A record of a handshake (22, 3, version, length) that holds a ClientHello (1), up to the end of what came. */
function clientHelloIn(chunk: Buffer): number | undefined {
  for (let at = chunk.indexOf(22); at >= 0 && at + 5 < chunk.length; at = chunk.indexOf(22, at + 1)) {
    const isHello = chunk[at + 1] === 3 && chunk[at + 5] === 1;
    if (isHello && at + 5 + chunk.readUInt16BE(at + 3) === chunk.length) return at;
  }
  return undefined;
}

/** As a server's half: the client's first record of data shows that the handshake is over. */
function carriedFrom(client: Socket, carrierOf: (socket: Socket) => TlsCarrier): TlsCarrier {
  client.on("data", (chunk: Buffer) => {
    if (chunk[0] === dataRecord) carrier.secured();
  });
  const carrier = carrierOf(client);
  return carrier;
}

interface Halves {
  readonly client: Socket;
  readonly server: Socket;
  readonly target: DatabaseTarget;
  readonly certificate: ServerCertificate;
  readonly protocol: RelayedProtocol;
}

/** Encrypts both halves again: the client's with the relay's certificate, the server's verified as the target says. */
function encrypt(halves: Halves): void {
  const { client, server, target, certificate, protocol } = halves;
  const { carrierOf, beginsTlsAnew } = protocol;
  const from = carrierOf === undefined ? undefined : carriedFrom(client, carrierOf);
  const to = carrierOf?.(server);
  const limits = from === undefined ? {} : { maxVersion: from.maxVersion };
  const secureContext = createSecureContext({ cert: certificate.certificate, key: certificate.key, ...limits });
  const own = new TLSSocket(from?.stream ?? client, { isServer: true, secureContext });
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
      socket: to?.stream ?? server,
      ...limits,
    });
    theirs
      .on("error", end)
      .on("close", end)
      .once("secureConnect", () => to?.secured());
    own.on("data", (chunk: Buffer) => theirs.write(chunk));
    theirs.on("data", (chunk: Buffer) => {
      own.write(chunk, () => {
        if (beginsTlsAnew?.(chunk) !== true) return;
        for (const half of [own, theirs]) half.removeAllListeners().on("error", end);
        encrypt(halves);
      });
    });
  });
}

/**
 * Stands in front of a server, whatever its protocol: what comes before the client's handshake passes as it is, and the
 * handshake is answered with this certificate.
 */
export async function startTlsRelay(
  target: DatabaseTarget,
  certificate: ServerCertificate,
  protocol: RelayedProtocol = {},
): Promise<TlsRelay> {
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
      const found = clientHelloIn(chunk);
      const at = found === undefined || protocol.carrierOf === undefined ? found : 0;
      if (at !== 0) server.write(chunk.subarray(0, at));
      if (at === undefined) return;
      client.off("data", pass).pause();
      server.off("data", answer).pause();
      client.unshift(chunk.subarray(at));
      encrypt({ client, server, target, certificate, protocol });
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
