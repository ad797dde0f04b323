import type { Client } from "pg";
import { guardStream } from "../../connecting/guarded-stream.ts";

type Connection = Client["connection"];

/** `guardStream` on each socket that the connection comes to read from: the plain one, then the encrypted one. */
export function guardParser(connection: Connection, guard: Parameters<typeof guardStream>[1]): void {
  const internal = connection as unknown as { attachListeners: (stream: Connection["stream"]) => void };
  const attach = internal.attachListeners.bind(connection);
  internal.attachListeners = (stream) => {
    attach(stream);
    guardStream(stream, guard);
  };
}
