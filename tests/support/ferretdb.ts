import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

export interface FerretDb {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Whether it takes connections by TLS alone. */
  readonly tls: boolean;
  readonly admin: { readonly username: string; readonly password: string };
  /** The server's own log from its start. */
  log(): string;
  stop(): Promise<void>;
}

/** FerretDB's binary. */
export const ferretDb: string | undefined = outsideProgram(
  "REKEY_FERRETDB",
  "made by tests/support/ferretdb/build",
  "ferretdb",
);

/** Starts FerretDB with its SQLite backend on a free loopback port, with the admin in its `admin` database. */
export async function startFerretDb(
  binary: string,
  tls?: { readonly certificate: string; readonly key: string },
): Promise<FerretDb> {
  const admin = { username: "admin", password: randomUUID() };
  const { port, output, stop } = await startServer({
    name: "ferretdb",
    binary,
    env: { FERRETDB_SETUP_PASSWORD: admin.password },
    prepare(port, home) {
      const file = (name: string, text: string): string => {
        writeFileSync(join(home, name), text, { mode: 0o600 });
        return join(home, name);
      };
      const listen =
        tls === undefined
          ? [`--listen-addr=127.0.0.1:${port}`]
          : [
              "--listen-addr=",
              `--listen-tls=127.0.0.1:${port}`,
              `--listen-tls-cert-file=${file("cert.pem", tls.certificate)}`,
              `--listen-tls-key-file=${file("key.pem", tls.key)}`,
            ];
      return [
        "--handler=sqlite",
        `--sqlite-url=file:${home}/`,
        `--state-dir=${home}`,
        "--debug-addr=-",
        "--telemetry=disable",
        "--test-enable-new-auth",
        "--setup-database=admin",
        `--setup-username=${admin.username}`,
        ...listen,
      ];
    },
    isReady: (port, output) => new RegExp(`Listening on (?:TCP|TLS) 127\\.0\\.0\\.1:${port}\\b`).test(output()),
  });
  return { host: "127.0.0.1", port, tls: tls !== undefined, admin, log: output, stop };
}
