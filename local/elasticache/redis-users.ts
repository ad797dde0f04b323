import { once } from "node:events";
import { connect } from "node:net";
import type { KeptUser, UserServer } from "./user-book.ts";

/** A Redis or Valkey that stands for the caches of the account, and a user of it that may run ACL SETUSER and ACL DELUSER. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const encoded = (command: readonly string[]): string =>
  [`*${command.length}`, ...command.flatMap((word) => [`$${Buffer.byteLength(word)}`, word])].join("\r\n") + "\r\n";

/** Runs these commands on one connection; each is answered by one line. */
async function run({ host, port }: RedisServer, commands: readonly (readonly string[])[]): Promise<void> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    socket.write(commands.map(encoded).join(""));
    let text = "";
    while (text.split("\r\n").length <= commands.length) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      text += chunk.toString();
    }
    const refusal = text.split("\r\n").find((line) => line.startsWith("-"));
    if (refusal !== undefined) throw new Error(`the Redis of the local caches refused: ${refusal.slice(0, 100)}`);
  } finally {
    socket.destroy();
  }
}

const secretOf = ({ authentication, hashes }: KeptUser): readonly string[] =>
  authentication === "no-password" ? ["nopass"] : hashes.map((hash) => `#${hash}`);

/** The rules of an access string; a selector in parentheses is one. */
const rulesOf = (accessString: string): readonly string[] => accessString.match(/\([^)]*\)|\S+/gu) ?? [];

/** Users as the services put them on the nodes of a cache: whole, and with hashes alone. */
export function redisUsers(server: RedisServer): UserServer {
  const login = ["AUTH", server.username, server.password];
  return {
    put: async (user) =>
      run(server, [
        login,
        ["ACL", "SETUSER", user.username, "reset", ...rulesOf(user.accessString), ...secretOf(user)],
      ]),
    remove: async (username) => run(server, [login, ["ACL", "DELUSER", username]]),
  };
}
