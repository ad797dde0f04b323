import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@redis/client";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";

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

async function takesConnections(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, host);
    const taken = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "close").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (taken) return true;
    await delay(20);
  }
  return false;
}

export async function startRedis(binary: string, options: RedisOptions = {}): Promise<RedisUnderTest> {
  const { users = "acl-file", config = [], tls } = options;
  const folder = mkdtempSync(join(tmpdir(), "rekey-redis-"));
  const file = (name: string): string => join(folder, name);
  let child: ChildProcess | undefined;
  let port = 0;
  const monitors: Socket[] = [];

  async function start(): Promise<void> {
    for (let attempt = 1; attempt <= 5; attempt++) {
      port = port === 0 || attempt > 1 ? await freePort() : port;
      const settings = [
        `dir ${folder}`,
        `logfile ${file("log")}`,
        `bind ${host}`,
        'save ""',
        "slowlog-log-slower-than 0",
        "slowlog-max-len 100000",
        "acllog-max-len 100000",
        ...(users === "acl-file" ? [`aclfile ${file("users.acl")}`] : [rootUser, "user default off"]),
        ...config,
      ];
      if (tls !== undefined) {
        writeFileSync(file("tls.crt"), tls.certificate);
        writeFileSync(file("tls.key"), tls.key);
        settings.push(`tls-cert-file ${file("tls.crt")}`, `tls-key-file ${file("tls.key")}`);
        settings.push(...(config.some((line) => line.startsWith("tls-auth-clients")) ? [] : ["tls-auth-clients no"]));
      }
      if (users === "acl-file" && !existsSync(file("users.acl")))
        writeFileSync(file("users.acl"), `${rootUser}\nuser default off\n`);
      if (!existsSync(file("redis.conf"))) writeFileSync(file("redis.conf"), `${settings.join("\n")}\n`);
      const ports = tls === undefined ? ["--port", `${port}`] : ["--port", "0", "--tls-port", `${port}`];
      // Without a configuration file the settings come from standard input, and the server has no file to rewrite.
      const started = spawn(binary, users === "none" ? [...ports, "-"] : [file("redis.conf"), ...ports], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      started.stdin.end(users === "none" ? readFileSync(file("redis.conf")) : "");
      child = started;
      if (await takesConnections(started, port)) return;
    }
    throw new Error("Redis did not start");
  }

  async function end(): Promise<void> {
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
  }

  async function open(who: { readonly username: string; readonly password: string }): Promise<HeldConnection> {
    const client = createClient({
      ...who,
      disableClientInfo: true,
      maintNotifications: "disabled",
      socket: {
        host,
        port,
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

  await start();
  return {
    host,
    get port() {
      return port;
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
      const socket = connect(port, host);
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
    log: () => readFileSync(file("log"), "utf8"),
    async loseAclFile() {
      // A folder of that name, since root writes a read-only file.
      rmSync(file("users.acl"));
      mkdirSync(file("users.acl"));
    },
    async restart() {
      await end();
      await start();
    },
    stopServer: end,
    startServer: start,
    async stop() {
      for (const monitor of monitors) monitor.destroy();
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
