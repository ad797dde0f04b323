import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { SecretQuery } from "./secret-query.ts";

export interface RepeatedRequests {
  /** The request that the server has just read passed every check, and this is what it asks for. */
  passed(query: SecretQuery): void;
}

const mostKnown = 512;
const longestKept = 4_096;
const headEnd = "\r\n\r\n";
/** With one of them there may be more to a request than its head, or another answer than the usual one. */
const unusual = ["content-length", "expect", "transfer-encoding", "upgrade"];

/** Whether such a request leaves the connection open and nothing of it unread. */
const isPlain = ({ httpVersion, headers }: IncomingMessage): boolean =>
  httpVersion === "1.1" &&
  (headers.connection ?? "keep-alive").toLowerCase() === "keep-alive" &&
  !unusual.some((name) => name in headers);

/**
 * Callers send the same bytes again and again, and reading them costs more than the answer. What has passed every check is
 * known by its bytes, token and Host among them, and the next one that is the same to the last byte is not parsed: only the
 * cache is asked, as for every other. That needs a connection that has shown the token and has no answer under way, and that
 * the server has read to the end of a request: one that ever sends anything but plain requests, each in a chunk of its own,
 * is left to the server from then on.
 */
export function repeatedRequests(
  server: Server,
  {
    isIdle,
    answer,
  }: {
    /** Whether the connection has shown the token, and has no answer under way. */
    readonly isIdle: (socket: Socket) => boolean;
    /** The whole response. `undefined`: the server gives it. */
    readonly answer: (query: SecretQuery) => string | undefined;
  },
): RepeatedRequests {
  const known = new Map<string, SecretQuery>();
  let readCount = 0;
  let newest: IncomingMessage | undefined;
  let asked: SecretQuery | undefined;
  server.prependListener("request", (request) => {
    readCount++;
    newest = request;
  });

  function learn(text: string, query: SecretQuery): void {
    if (known.size >= mostKnown) known.clear();
    known.set(text, query);
  }

  server.on("connection", (socket) => {
    const [parse, ...others] = socket.listeners("data") as ((chunk: Buffer) => void)[];
    if (parse === undefined || others.length > 0) return;
    const readOn = parse.bind(socket);

    function take(chunk: Buffer): void {
      const isKept = isIdle(socket) && socket.writableLength === 0 && chunk.length <= longestKept;
      const text = isKept ? chunk.toString("latin1") : "";
      const query = known.get(text);
      const response = query && answer(query);
      if (response !== undefined) return void socket.write(response);
      [readCount, newest, asked] = [0, undefined, undefined];
      readOn(chunk);
      const isWhole = readCount === 1 && chunk.indexOf(headEnd) === chunk.length - headEnd.length;
      if (!isWhole || newest === undefined || !isPlain(newest)) socket.off("data", take).on("data", readOn);
      else if (text !== "" && asked !== undefined) learn(text, asked);
    }
    socket.off("data", parse).on("data", take);
  });

  return { passed: (query) => void (asked = query) };
}
