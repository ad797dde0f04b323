import { createHash, timingSafeEqual } from "node:crypto";
import { createServer as createPlain, type Socket } from "node:net";
import { createServer as createTls } from "node:tls";

/** A server of accounts, whose protocol is lines: `LOGIN <name> <password>`, `PASSWORD <name> <password>`, words in base64url. */
export interface Keeper {
  readonly host: string;
  readonly port: number;
  /** By name: a hash of the password, and what is noted about the account. */
  readonly accounts: Map<string, { readonly hash: Buffer; readonly note: string }>;
  /** Every login and change, without passwords. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface KeeperOptions {
  /** PEM texts; without one there is no TLS. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
}

export const administrator = "administrator";
export const hashOf = (password: string): Buffer => createHash("sha256").update(password).digest();

const word = (text = ""): string => Buffer.from(text, "base64url").toString();
/** Nothing that is no line of words, such as a handshake that a server without TLS is sent. */
const isText = (chunk: Buffer): boolean => chunk.every((byte) => byte === 0x0a || (byte >= 0x20 && byte < 0x7f));

/** Starts a keeper on loopback whose administrator has this password. */
export async function startKeeper(adminPassword: string, { certificate }: KeeperOptions = {}): Promise<Keeper> {
  const accounts: Keeper["accounts"] = new Map([[administrator, { hash: hashOf(adminPassword), note: "" }]]);
  const log: string[] = ["started"];
  const sockets = new Set<Socket>();

  function serve(socket: Socket): void {
    let user: string | undefined;
    let text = "";
    sockets.add(socket);
    const answer = (line: string): string => {
      const [verb, first, second] = line.split(" ");
      const name = word(first);
      const account = accounts.get(name);
      if (verb === "LOGIN") {
        const fits = account !== undefined && timingSafeEqual(account.hash, hashOf(word(second)));
        user = fits ? name : undefined;
        log.push(`${fits ? "login" : "refused login"} of ${name}`);
        return fits ? "OK" : "REFUSED";
      }
      if (verb !== "PASSWORD" || account === undefined) return "UNKNOWN";
      if (user !== name && user !== administrator) return "DENIED";
      accounts.set(name, { ...account, hash: hashOf(word(second)) });
      log.push(`new password of ${name}`);
      return "OK";
    };
    socket
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket))
      .on("data", (chunk: Buffer) => {
        if (!isText(chunk)) return socket.destroy();
        const lines = (text + chunk.toString()).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) socket.write(`${answer(line)}\n`);
        return socket;
      });
  }

  const server =
    certificate === undefined
      ? createPlain(serve)
      : createTls({ cert: certificate.certificate, key: certificate.key }, serve).on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the keeper has no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    accounts,
    log,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
