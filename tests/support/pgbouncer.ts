import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, rmSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runAs } from "../../local/postgres/binaries.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";
import { takesConnections } from "./listening.ts";
import { outsideProgram } from "./outside-program.ts";

/** PgBouncer, whose service Debian would start and the tests start themselves. */
export const pgbouncer: string | undefined = outsideProgram("REKEY_PGBOUNCER", "Debian: pgbouncer", "pgbouncer");

export interface PgBouncer {
  readonly host: "127.0.0.1";
  readonly port: number;
  log(): Promise<string>;
  /** Takes a configuration's new text and list in, as an operator's reload does. */
  reload(options: Partial<PgBouncerOptions>): Promise<void>;
  /** Ends the pooler and removes its folder. */
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  /** The server's port on loopback. */
  readonly serverPort: number;
  readonly poolMode: "session" | "transaction";
  /** Lines of the section `[databases]`, behind the names and `=`; default: every database of the server, by its name. */
  readonly databases?: Readonly<Record<string, string>>;
  /** The list of `auth_file`: secrets by user, as text, in the md5 form or as a SCRAM verifier. */
  readonly users?: Readonly<Record<string, string>>;
  /** Further settings, such as `auth_user` and `auth_query`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM texts; with them it offers TLS. */
  readonly certificate?: ServerCertificate;
}

const startTimeoutMs = 60_000;

/** Starts a real PgBouncer on loopback in a temporary folder. It refuses to run as root; then it runs as `nobody`. */
export async function startPgbouncer(binary: string, options: PgBouncerOptions): Promise<PgBouncer> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-pgbouncer-"));
  const user = runAs();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const file = (name: string): string => path.join(folder, name);
  let given = options;
  let pooler: ChildProcess | undefined;
  const removeNow = (): void => {
    pooler?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeNow);

  async function put(name: string, text: string): Promise<string> {
    await writeFile(file(name), text);
    await chmod(file(name), 0o644);
    return file(name);
  }

  async function configure(port: number): Promise<void> {
    const { serverPort, poolMode, certificate, users = {}, settings = {} } = given;
    const { databases = { "*": `host=127.0.0.1 port=${serverPort}` } } = given;
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const list = Object.entries(users).map(([name, secret]) => `${quoted(name)} ${quoted(secret)}`);
    const tls: Readonly<Record<string, string>> =
      certificate === undefined
        ? {}
        : {
            client_tls_sslmode: "allow",
            client_tls_cert_file: await put("tls.crt", certificate.certificate),
            client_tls_key_file: await put("tls.key", certificate.key),
          };
    const all: Readonly<Record<string, string>> = {
      listen_addr: "127.0.0.1",
      listen_port: String(port),
      unix_socket_dir: "",
      logfile: file("log"),
      pool_mode: poolMode,
      auth_type: "scram-sha-256",
      auth_file: await put("users.txt", `${list.join("\n")}\n`),
      ...tls,
      ...settings,
    };
    const lines = (entries: Readonly<Record<string, string>>): readonly string[] =>
      Object.entries(entries).map(([name, value]) => `${name} = ${value}`);
    await put("pgbouncer.ini", ["[databases]", ...lines(databases), "[pgbouncer]", ...lines(all), ""].join("\n"));
  }

  const log = async (): Promise<string> => readFile(file("log"), "utf8").catch(() => "");

  async function start(): Promise<number> {
    for (;;) {
      const port = await freePort();
      await configure(port);
      const started = spawn(binary, [file("pgbouncer.ini")], { ...user, cwd: folder, stdio: "ignore" });
      pooler = started;
      const deadlineMs = performance.now() + startTimeoutMs;
      while (started.exitCode === null && performance.now() < deadlineMs) {
        if (await takesConnections(port)) return port;
        await delay(20);
      }
      const text = await log();
      if (!text.includes("Address already in use")) throw new Error(`PgBouncer did not start:\n${text}`);
    }
  }

  async function stop(): Promise<void> {
    if (pooler !== undefined && pooler.exitCode === null && pooler.signalCode === null) {
      const ended = once(pooler, "exit");
      pooler.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
    process.off("exit", removeNow);
  }

  try {
    const port = await start();
    return {
      host: "127.0.0.1",
      port,
      log,
      async reload(changed) {
        given = { ...given, ...changed };
        await configure(port);
        const before = (await log()).length;
        pooler?.kill("SIGHUP");
        while (!(await log()).slice(before).includes("SIGHUP")) await delay(20);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
