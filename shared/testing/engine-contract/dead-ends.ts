import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A port where no server is, or a false one. */
export interface DeadEnd extends AsyncDisposable {
  readonly port: number;
  /** Everything that was sent to it, as far as the process that listens can see it. */
  readonly received: () => Buffer;
}

/** A server that takes connections, and does with them what it is told to; nothing, unless told. */
export async function falseServer(greet: (socket: Socket) => void = () => undefined): Promise<DeadEnd> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("data", (chunk) => chunks.push(chunk));
    greet(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    received: () => Buffer.concat(chunks),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const listener = `const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () =>
  process.stdout.write(String(server.address().port)))`;

/** More than a queue of one takes; the system drops the packets of whoever comes then. */
const queueFillers = 8;

/** An address whose packets are dropped: a stopped process that listens, its queue of connections full. */
export async function blackHole(): Promise<DeadEnd> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "ignore"] });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(text.toString());
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: queueFillers }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.any(fillers.map(async (filler) => once(filler, "connect")));
  return {
    port,
    received: () => Buffer.alloc(0),
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      process.off("exit", end);
      end();
      await once(child, "exit");
    },
  };
}
