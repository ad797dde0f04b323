import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { authenticationRequest } from "../../shared/engines/postgres/test-protocol.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { listening } from "./listening.ts";

/** An attacker's PostgreSQL: asks everyone for the password in clear, keeps it, and lets everyone in. */
export interface PasswordCollector {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Passwords, in the order in which they were sent. */
  readonly collected: readonly string[];
  stop(): Promise<void>;
}

const sslRequest = 80_877_103;
const cleartext = 3;
const ok = 0;

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const ready = message("Z", Buffer.from("I"));
const noRows = Buffer.concat([message("C", Buffer.from("SELECT 0\0")), ready]);

/** Reads a startup message and then typed ones, whatever the chunks. */
function converse(socket: Socket, collected: string[], certificate: ServerCertificate): void {
  let buffered = Buffer.alloc(0);
  let started = false;
  const read = (chunk: Buffer): void => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const head = started ? 1 : 0;
      if (buffered.length < head + 4) return;
      const length = buffered.readInt32BE(head);
      if (buffered.length < head + length) return;
      const type = started ? buffered.toString("latin1", 0, 1) : "startup";
      const body = buffered.subarray(head + 4, head + length);
      buffered = buffered.subarray(head + length);
      if (type === "startup" && body.readInt32BE(0) === sslRequest) {
        socket.off("data", read);
        socket.write("S");
        const secure = new TLSSocket(socket, {
          isServer: true,
          secureContext: createSecureContext({ cert: certificate.certificate, key: certificate.key }),
        });
        secure.on("error", () => undefined);
        return converse(secure, collected, certificate);
      }
      if (type === "startup") {
        started = true;
        socket.write(authenticationRequest(cleartext));
      } else if (type === "p") {
        collected.push(body.toString("utf8", 0, body.length - 1));
        socket.write(Buffer.concat([authenticationRequest(ok), ready]));
      } else if (type === "Q") socket.write(noRows);
    }
  };
  socket.on("data", read);
}

export async function startPasswordCollector(certificate: ServerCertificate): Promise<PasswordCollector> {
  const collected: string[] = [];
  const { port, stop } = await listening(createServer((socket) => converse(socket, collected, certificate)));
  return { host: "127.0.0.1", port, collected, stop };
}
