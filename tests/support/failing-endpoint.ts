import { createServer } from "node:http";
import { createServer as createSocketServer, type Socket } from "node:net";
import mysql from "mysql2";
import { type LoopbackServer, listening } from "./listening.ts";

export type Misbehavior = "refuses" | "hangs" | "throttles" | "fails";

const answers = {
  throttles: { aws: "ThrottlingException", status: 400, vault: 429 },
  fails: { aws: "InternalServiceError", status: 500, vault: 500 },
};

/** No program listens on it. */
const deadPort = 1;

/** Secrets Manager and Vault on one port, which never give a value. */
export async function startFailingEndpoint(how: Misbehavior): Promise<LoopbackServer> {
  if (how === "refuses")
    return { port: deadPort, stop: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  if (how === "hangs") return listening(createSocketServer());
  const server = createServer((request, response) => {
    const { aws, status, vault } = answers[how];
    const isVault = request.url?.startsWith("/v1/") === true;
    response.writeHead(isVault ? vault : status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(isVault ? { errors: [how] } : { __type: aws, message: how }));
  });
  return listening(server);
}

interface ServerConnection {
  serverHandshake(greeting: Readonly<Record<string, unknown>>): void;
}

/** AuthenticationOk and ReadyForQuery. Source: PostgreSQL's documentation, "Message Formats". */
const loggedIn = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

/** A PostgreSQL that lets everybody in and then closes the connection. */
export async function startForgetfulPostgres(): Promise<LoopbackServer> {
  const server = createSocketServer((socket: Socket) => {
    socket.once("data", () => socket.end(loggedIn));
  });
  return listening(server);
}

/** A PostgreSQL that lets everybody in and then does nothing: it does not even close a connection that the client has ended. */
export async function startMutePostgres(): Promise<LoopbackServer> {
  const server = createSocketServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.once("data", () => socket.write(loggedIn)).resume();
  });
  return listening(server);
}

/** The same of MySQL. */
export async function startMuteMysql(): Promise<LoopbackServer> {
  const server = createSocketServer({ allowHalfOpen: true }, (socket: Socket) => {
    const connection = mysql.createConnection({ stream: socket, isServer: true } as mysql.ConnectionOptions);
    connection.on("error", () => undefined);
    (connection as unknown as ServerConnection).serverHandshake({
      protocolVersion: 10,
      serverVersion: "8.4.0",
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0x80ffff,
    });
  });
  return listening(server);
}

/** A Vault that lends a user for an hour, and from then on answers nothing. */
export async function startLendingVault(): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    if (request.url === "/v1/auth/token/lookup-self") response.end(JSON.stringify({ data: { ttl: 0 } }));
    if (request.url !== "/v1/database/creds/orders") return;
    const data = { username: "v-orders", password: "lent" };
    response.end(JSON.stringify({ lease_id: "orders/1", lease_duration: 3_600, renewable: true, data }));
  });
  return listening(server);
}
