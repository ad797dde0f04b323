import { createServer } from "node:net";
import { listening, type LoopbackServer } from "../../../tests/support/listening.ts";

/** A server that answers each startup message with these bytes and then says nothing. */
export const answerWith = async (bytes: Buffer): Promise<LoopbackServer> =>
  listening(createServer((socket) => void socket.once("data", () => socket.write(bytes))));

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
