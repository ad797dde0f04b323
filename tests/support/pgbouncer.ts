import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runAs } from "../../local/postgres/binaries.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { takesConnections } from "./listening.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

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

/** Starts a real PgBouncer on loopback in a temporary folder. It refuses to run as root; then it runs as `nobody`. */
export async function startPgbouncer(binary: string, options: PgBouncerOptions): Promise<PgBouncer> {
  let given = options;

  async function put(file: string, text: string): Promise<string> {
    await writeFile(file, text);
    await chmod(file, 0o644);
    return file;
  }

  async function configure(port: number, home: string): Promise<string> {
    const file = (name: string): string => path.join(home, name);
    const { serverPort, poolMode, certificate, users = {}, settings = {} } = given;
    const { databases = { "*": `host=127.0.0.1 port=${serverPort}` } } = given;
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const list = Object.entries(users).map(([name, secret]) => `${quoted(name)} ${quoted(secret)}`);
    const tls: Readonly<Record<string, string>> =
      certificate === undefined
        ? {}
        : {
            client_tls_sslmode: "allow",
            client_tls_cert_file: await put(file("tls.crt"), certificate.certificate),
            client_tls_key_file: await put(file("tls.key"), certificate.key),
          };
    const all: Readonly<Record<string, string>> = {
      listen_addr: "127.0.0.1",
      listen_port: String(port),
      unix_socket_dir: "",
      pool_mode: poolMode,
      auth_type: "scram-sha-256",
      auth_file: await put(file("users.txt"), `${list.join("\n")}\n`),
      ...tls,
      ...settings,
    };
    const lines = (entries: Readonly<Record<string, string>>): readonly string[] =>
      Object.entries(entries).map(([name, value]) => `${name} = ${value}`);
    return put(
      file("pgbouncer.ini"),
      ["[databases]", ...lines(databases), "[pgbouncer]", ...lines(all), ""].join("\n"),
    );
  }

  const server = await startServer({
    name: "pgbouncer",
    binary,
    user: runAs(),
    prepare: async (port, home) => [await configure(port, home)],
    isReady: takesConnections,
  });
  const { port, home, output, stop } = server;
  return {
    host: "127.0.0.1",
    port,
    log: async () => output(),
    async reload(changed) {
      given = { ...given, ...changed };
      await configure(port, home);
      const before = output().length;
      server.signal("SIGHUP");
      while (!output().slice(before).includes("SIGHUP")) await delay(20);
    },
    stop,
  };
}
