import { connect, type Socket } from "node:net";

export interface HttpLoad {
  /** Sends for so long and tells how many answers came a second, and within how many milliseconds 99 % of them. */
  run(forMs: number): Promise<{ readonly perSecond: number; readonly p99Ms: number }>;
  close(): void;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

/** How many bytes the answer to this request has, headers and all. */
async function answerBytes(socket: Socket, request: string): Promise<number> {
  socket.write(request);
  const answer = await new Promise<string>((resolve) =>
    socket.once("data", (data) => resolve(data.toString("latin1"))),
  );
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`not answered: ${answer.split("\r\n", 1)[0]}`);
  return answer.length;
}

/**
 * One request at a time on each of so many connections that stay open, over bare sockets: the load has to cost less than
 * what it measures. All answers are equally long.
 */
export async function httpLoad(port: number, path: string, headers: string, connections: number): Promise<HttpLoad> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`;
  const sockets = await Promise.all(Array.from({ length: connections }, async () => opened(port)));
  const lengths = await Promise.all(sockets.map(async (socket) => answerBytes(socket, request)));
  const [length = 0] = lengths;
  if (lengths.some((other) => other !== length)) throw new Error("answers differ in length");

  return {
    async run(forMs) {
      const times: number[] = [];
      const startedMs = performance.now();
      const endMs = startedMs + forMs;
      await Promise.all(
        sockets.map(
          async (socket) =>
            new Promise<void>((resolve, reject) => {
              let sentMs = performance.now();
              let missing = length;
              const receive = (data: Buffer): void => {
                missing -= data.length;
                if (missing > 0) return;
                const nowMs = performance.now();
                times.push(nowMs - sentMs);
                missing = length;
                sentMs = nowMs;
                if (nowMs < endMs) return void socket.write(request);
                socket.off("data", receive).off("error", reject);
                resolve();
              };
              socket.on("data", receive).once("error", reject).write(request);
            }),
        ),
      );
      const perSecond = (times.length * 1_000) / (performance.now() - startedMs);
      return { perSecond, p99Ms: times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0 };
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}
