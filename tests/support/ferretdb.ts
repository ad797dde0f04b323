import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { outsideProgram } from "./outside-program.ts";

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

const isListening = (log: string): boolean => /Listening on (?:TCP|TLS) 127\.0\.0\.1/.test(log);

async function isReady(child: ChildProcess, log: () => string): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    if (isListening(log())) return true;
    await delay(20);
  }
  return false;
}

/** Starts FerretDB with its SQLite backend on a free loopback port, with the admin in its `admin` database. */
export async function startFerretDb(
  binary: string,
  tls?: { readonly certificate: string; readonly key: string },
): Promise<FerretDb> {
  const admin = { username: "admin", password: randomUUID() };
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = await freePort();
    const home = mkdtempSync(join(tmpdir(), "rekey-ferretdb-"));
    const file = (name: string, text: string): string => {
      writeFileSync(join(home, name), text, { mode: 0o600 });
      return join(home, name);
    };
    const logFile = file("log", "");
    const listen =
      tls === undefined
        ? [`--listen-addr=127.0.0.1:${port}`]
        : [
            "--listen-addr=",
            `--listen-tls=127.0.0.1:${port}`,
            `--listen-tls-cert-file=${file("cert.pem", tls.certificate)}`,
            `--listen-tls-key-file=${file("key.pem", tls.key)}`,
          ];
    const child = spawn(
      binary,
      [
        "--handler=sqlite",
        `--sqlite-url=file:${home}/`,
        `--state-dir=${home}`,
        "--debug-addr=-",
        "--telemetry=disable",
        "--test-enable-new-auth",
        "--setup-database=admin",
        `--setup-username=${admin.username}`,
        ...listen,
      ],
      {
        stdio: ["ignore", "ignore", openSync(logFile, "a")],
        env: { PATH: process.env["PATH"] ?? "", FERRETDB_SETUP_PASSWORD: admin.password },
      },
    );
    const ended = once(child, "close");
    const log = (): string => readFileSync(logFile, "utf8");
    const stop = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
      rmSync(home, { recursive: true, force: true });
    };
    if (await isReady(child, log)) return { host: "127.0.0.1", port, tls: tls !== undefined, admin, log, stop };
    await stop();
  }
  throw new Error("FerretDB did not start");
}
