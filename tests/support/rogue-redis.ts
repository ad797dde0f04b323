import { createServer, type Socket } from "node:net";
import { type LoopbackServer, listening } from "./listening.ts";

/** What is written for one command; a function may go on writing. */
export type RedisLie = string | ((socket: Socket) => void);

const text = (value: string): string => `$${value.length}\r\n${value}\r\n`;
const facts = ["server", "redis", "version", "7.0.15", "role", "master"].map(text).join("");

/** As Redis 7 answers an admin. */
function honestAnswer([name, sub]: readonly string[]): string {
  if (name === "HELLO") return `%3\r\n${facts}`;
  if (sub === "GETUSER") return `%2\r\n${text("flags")}~1\r\n+on\r\n${text("passwords")}*0\r\n`;
  return "+OK\r\n";
}

/** Speaks Redis's protocol as far as a rotation does, and lies where it is told to. */
export async function startRogueRedis(
  lie: (command: readonly string[], honest: string, index: number) => RedisLie = (_command, honest) => honest,
): Promise<LoopbackServer> {
  const server = createServer((socket) => {
    let index = 0;
    socket.on("data", (chunk: Buffer) => {
      // rekey sends one command at a time, each in one piece.
      const words = [...chunk.toString("utf8").matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, word = ""]) => word);
      const answer = lie(words, honestAnswer(words), index++);
      if (typeof answer === "function") answer(socket);
      else socket.write(answer);
    });
  });
  return listening(server);
}
