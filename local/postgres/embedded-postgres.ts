import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, rmSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type Binaries, findBinaries, runAs } from "./binaries.ts";

export interface EmbeddedPostgres {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly superuser: { readonly username: string; readonly password: string };
  /** Runs one statement, or several without parameters, as the superuser. */
  admin<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** The server's own log from its start. */
  log(): Promise<string>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

const startTimeoutMs = 120_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

function logSays(log: string): "ready" | "port taken" | "starting" {
  if (log.includes("database system is ready to accept connections")) return "ready";
  return log.includes("Address already in use") ? "port taken" : "starting";
}

export interface PostgresOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM texts of the server's certificate and its key; with them it offers TLS. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Other programs than npm's, such as another version's. */
  readonly binaries?: Binaries | undefined;
}

/**
 * Starts a real PostgreSQL 18 on loopback in a temporary folder. Passwords are asked for on every connection
 * (scram-sha-256), and every connection and statement is in its log. Works as root too: the server then runs as `nobody`.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-postgres-"));
  const user = runAs();
  let server: ChildProcess | undefined;
  const removeNow = (): void => {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeNow);
  const own = (file: string): void => {
    if (user !== undefined) chownSync(file, user.uid, user.gid);
  };

  const superuser = { username: "postgres", password: randomBytes(18).toString("base64url") };
  const data = path.join(folder, "data");
  const logFile = path.join(folder, "server.log");

  async function initialise(initdb: string): Promise<void> {
    const passwordFile = path.join(folder, "password");
    await writeFile(passwordFile, superuser.password, { mode: 0o600 });
    own(folder);
    own(passwordFile);
    const flags = [
      `--pgdata=${data}`,
      "--auth=scram-sha-256",
      `--username=${superuser.username}`,
      `--pwfile=${passwordFile}`,
    ];
    await promisify(execFile)(initdb, [...flags, "--encoding=UTF8", "--no-locale", "--no-sync"], {
      ...user,
      cwd: folder,
    });
    await rm(passwordFile);
  }

  /** The settings that turn TLS on. The server takes a key only from its own user, and closed to others. */
  async function tlsSettings(): Promise<Readonly<Record<string, string>>> {
    if (options.certificate === undefined) return {};
    const files = { certificate: path.join(folder, "server.crt"), key: path.join(folder, "server.key") };
    for (const part of ["certificate", "key"] as const) {
      await writeFile(files[part], options.certificate[part], { mode: 0o600 });
      own(files[part]);
    }
    return { ssl: "on", ssl_cert_file: files.certificate, ssl_key_file: files.key };
  }

  async function launch(postgres: string): Promise<number> {
    const settings: Readonly<Record<string, string>> = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: "off",
      shared_buffers: "16MB",
      max_connections: "100",
      log_connections: "on",
      log_disconnections: "on",
      log_statement: "all",
      log_line_prefix: "%m [%p] %u@%d %a ",
      shared_preload_libraries: "pg_stat_statements",
      ...(await tlsSettings()),
      ...options.settings,
    };
    for (;;) {
      const port = await freePort();
      await writeFile(logFile, "");
      const log = await open(logFile, "a");
      const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
        "-c",
        `${name}=${value}`,
      ]);
      const started = spawn(postgres, ["-D", data, ...flags], {
        ...user,
        cwd: folder,
        stdio: ["ignore", log.fd, log.fd],
      });
      server = started;
      const deadlineMs = performance.now() + startTimeoutMs;
      for (;;) {
        const text = await readFile(logFile, "utf8");
        const says = logSays(text);
        if (says === "ready") {
          await log.close();
          return port;
        }
        if (started.exitCode !== null || performance.now() > deadlineMs) {
          await log.close();
          if (says === "port taken") break;
          throw new Error(`PostgreSQL did not start:\n${text}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async function stop(): Promise<void> {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server?.once("exit", resolve));
      server.kill("SIGINT");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
    process.off("exit", removeNow);
  }

  try {
    const { initdb, postgres } = options.binaries ?? (await findBinaries(folder));
    await initialise(initdb);
    const port = await launch(postgres);
    return {
      host: "127.0.0.1",
      port,
      superuser,
      async admin<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) {
        const client = new pg.Client({
          host: "127.0.0.1",
          port,
          user: superuser.username,
          password: superuser.password,
          database: "postgres",
        });
        await client.connect();
        try {
          return (await client.query<Row>(sql, values === undefined ? undefined : [...values])).rows;
        } finally {
          await client.end();
        }
      },
      log: async () => readFile(logFile, "utf8"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
