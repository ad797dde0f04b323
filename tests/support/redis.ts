import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { takesConnections } from "./listening.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

/** Redis's server. */
export const redisServer: string | undefined = outsideProgram(
  "REKEY_REDIS_SERVER",
  "Debian: redis-server",
  "redis-server",
);

export interface HeldConnection extends AsyncDisposable {
  run(...command: readonly string[]): Promise<unknown>;
}

/** A real Redis that a test may do to what it likes; its superuser is `root`. */
export interface RedisUnderTest {
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly username: string; readonly password: string };
  /** Runs a command as the superuser. */
  admin(...command: readonly string[]): Promise<unknown>;
  /** A connection that stays; the superuser's unless another user is named. */
  hold(who?: { readonly username: string; readonly password: string }): Promise<HeldConnection>;
  /** Whether the server lets this user in. */
  accepts(username: string, password: string): Promise<boolean>;
  /** Every command from now on, as MONITOR shows it. */
  monitor(): Promise<() => Promise<string>>;
  /** The server's log. */
  log(): string;
  /** From now on the server cannot write its ACL file. */
  loseAclFile(): Promise<void>;
  /** Stops the server and starts it again from its files. */
  restart(): Promise<void>;
  stopServer(): Promise<void>;
  /** On the same port, from its files. */
  startServer(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Where users are kept: `none` leaves the server without a file that it can write. */
  readonly users?: "acl-file" | "config-file" | "none";
  /** Further lines of the configuration. */
  readonly config?: readonly string[];
  /** PEM texts; the same port speaks TLS and nothing else. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

const host = "127.0.0.1";
const superuser = { username: "root", password: "root-of-the-tests" };
const rootUser = `user root on >${superuser.password} ~* &* +@all`;

export async function startRedis(binary: string, options: RedisOptions = {}): Promise<RedisUnderTest> {
  const { users = "acl-file", config = [], tls } = options;
  const withFile = users === "acl-file";
  const server = await startServer({
    name: "redis",
    binary,
    endsBy: "SIGTERM",
    prepare(port, home) {
      const file = (name: string): string => join(home, name);
      if (withFile && !existsSync(file("users.acl")))
        writeFileSync(file("users.acl"), `${rootUser}\nuser default off\n`);
      if (tls !== undefined) {
        writeFileSync(file("tls.crt"), tls.certificate);
        writeFileSync(file("tls.key"), tls.key);
      }
      const settings = [
        `dir ${home}`,
        `bind ${host}`,
        'save ""',
        "slowlog-log-slower-than 0",
        "slowlog-max-len 100000",
        "acllog-max-len 100000",
        ...(withFile ? [`aclfile ${file("users.acl")}`] : [rootUser, "user default off"]),
        ...config,
        ...(tls === undefined ? [] : [`tls-cert-file ${file("tls.crt")}`, `tls-key-file ${file("tls.key")}`]),
        ...(tls === undefined || config.some((line) => line.startsWith("tls-auth-clients"))
          ? []
          : ["tls-auth-clients no"]),
      ];
      // What the server has rewritten stays.
      if (!existsSync(file("redis.conf"))) writeFileSync(file("redis.conf"), `${settings.join("\n")}\n`);
      const ports = tls === undefined ? ["--port", `${port}`] : ["--port", "0", "--tls-port", `${port}`];
      return users === "none" ? [...ports, "-"] : [file("redis.conf"), ...ports];
    },
    // Without a configuration file the settings come from standard input, and the server has no file to rewrite.
    input: (home) => (users === "none" ? readFileSync(join(home, "redis.conf"), "utf8") : ""),
    isReady: takesConnections,
  });
  const monitors: Socket[] = [];

  async function open(who: { readonly username: string; readonly password: string }): Promise<HeldConnection> {
    const client = createClient({
      ...who,
      disableClientInfo: true,
      maintNotifications: "disabled",
      socket: {
        host,
        port: server.port,
        reconnectStrategy: false,
        ...(tls === undefined ? {} : { tls: true, rejectUnauthorized: false, cert: tls.certificate, key: tls.key }),
      },
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      client.destroy();
      throw error;
    }
    return {
      run: async (...command) => client.sendCommand(command),
      async [Symbol.asyncDispose]() {
        client.destroy();
      },
    };
  }
  async function admin(...command: readonly string[]): Promise<unknown> {
    await using connection = await open(superuser);
    return await connection.run(...command);
  }

  return {
    host,
    get port() {
      return server.port;
    },
    superuser,
    admin,
    hold: async (who = superuser) => open(who),
    async accepts(username, password) {
      const connection = await open({ username, password }).catch(() => undefined);
      await connection?.[Symbol.asyncDispose]();
      return connection !== undefined;
    },
    async monitor() {
      const { username, password } = superuser;
      const socket = connect(server.port, host);
      monitors.push(socket);
      let shown = "";
      let marks = 0;
      socket.on("data", (chunk) => (shown += chunk.toString()));
      socket.write(`AUTH ${username} ${password}\r\nMONITOR\r\n`);
      while (!shown.startsWith("+OK\r\n+OK\r\n")) await once(socket, "data");
      return async () => {
        // What the server shows of this has come behind everything before it.
        const mark = `end-${++marks}-of-monitor`;
        await admin("PING", mark);
        while (!shown.includes(mark)) await once(socket, "data");
        return shown;
      };
    },
    log: server.output,
    async loseAclFile() {
      // A folder of that name, since root writes a read-only file.
      const file = join(server.home, "users.acl");
      rmSync(file);
      mkdirSync(file);
    },
    async restart() {
      await server.end();
      await server.start();
    },
    stopServer: server.end,
    startServer: server.start,
    async stop() {
      for (const monitor of monitors) monitor.destroy();
      await server.stop();
    },
  };
}
