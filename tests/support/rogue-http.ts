import { createServer, type Socket } from "node:net";
import { type LoopbackServer, listening } from "./listening.ts";

export interface RogueHttp extends LoopbackServer {
  /** The first line of each request: `GET /keys HTTP/1.1`. */
  readonly requests: readonly string[];
}

/** What is written for one request, as bytes; a function may go on writing. */
export type HttpLie = string | Buffer | ((socket: Socket) => void);

/** A whole answer of HTTP. */
export const httpAnswer = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** These answers one after another, and then again from the first. */
export function inTurn(answers: readonly (readonly [status: number, body: string])[]): () => string {
  let asked = 0;
  return () => {
    const [status, body] = answers[asked++ % answers.length] ?? [500, ""];
    return httpAnswer(status, body);
  };
}

/** Reads a request up to the end of its headers, and answers with whatever it is told to. */
export async function startRogueHttp(lie: (requestLine: string) => HttpLie): Promise<RogueHttp> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    let held = "";
    socket.on("data", (chunk: Buffer) => {
      held += chunk.toString("latin1");
      if (!held.includes("\r\n\r\n")) return;
      const line = held.slice(0, held.indexOf("\r\n"));
      held = "";
      requests.push(line);
      const answer = lie(line);
      if (typeof answer === "function") answer(socket);
      else socket.write(answer);
    });
  });
  return { requests, ...(await listening(server)) };
}

/** Writes this again and again, as fast as it is taken, until the connection is cut. */
export const endless =
  (more: string | Buffer, start = "") =>
  (socket: Socket): void => {
    const write = (): void => {
      while (!socket.destroyed && socket.writable && socket.write(more)) if (socket.writableLength > 1e6) break;
    };
    socket.write(start);
    socket.on("drain", write);
    const timer = setInterval(write, 5);
    socket.on("close", () => clearInterval(timer));
    write();
  };
