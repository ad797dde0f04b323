import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Node's HTTP parser does not know the method LIST. Such a request is sent once more to the same server as the GET with
 * `?list=true` that Vault takes for the same thing, and its answer goes back on the first connection, which then ends.
 * Returns whether the parser's error was one about LIST.
 */
export function resendList(error: Error, client: Duplex, port: number): boolean {
  const packet: unknown = Reflect.get(error, "rawPacket");
  if (!Buffer.isBuffer(packet)) return false;
  const [, path, query = "?", rest] =
    /^LIST ([^ ?]+)(\?[^ ]*)? (HTTP\/1\.1\r\n[^]*)$/.exec(packet.toString("latin1")) ?? [];
  if (path === undefined || rest === undefined) return false;
  const again: Socket = connect(port, "127.0.0.1");
  const end = (): void => {
    again.destroy();
    client.destroy();
  };
  again.once("error", end);
  client.once("error", end);
  again.pipe(client);
  const headers = rest.replace(/\r\nconnection:[^\r]*/i, "").replace("\r\n", "\r\nConnection: close\r\n");
  again.write(`GET ${path}${query}&list=true ${headers}`, "latin1");
  return true;
}
