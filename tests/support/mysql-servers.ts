import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, chmodSync, constants, readdirSync, chownSync, rmSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import mysql from "mysql2/promise";
import { signEd25519 } from "../../shared/engines/mysql-family/password-hashes.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { freePort } from "./free-port.ts";

type Product = "mariadb" | "mysql";

/** A MariaDB or MySQL that a test may do to what it likes. */
export interface MysqlServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly socketPath: string;
  readonly superuser: { readonly username: string; readonly password: string };
  /** A connection of this user; over TLS where the server has it, whatever its certificate. */
  connect(account: { readonly username: string; readonly password: string }): Promise<mysql.Connection>;
  /** Runs statements one after the other as the superuser; the last one's rows. */
  admin(...statements: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The general log: every connection and every statement. */
  log(): Promise<string>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find(variable: string, usual: string | undefined, from: string): string | undefined {
  const named = process.env[variable];
  const found = [named === undefined || named === "" ? usual : named].find((file) => file && isExecutable(file));
  if (found === undefined && process.env["REKEY_REQUIRE_ALL"] === "1") throw new Error(`set ${variable} (${from})`);
  return found;
}

/** The servers' programs (Debian's /usr/sbin/mysqld is MariaDB's by another name); without them their tests are skipped, or fail to load under `REKEY_REQUIRE_ALL=1`. */
export const mariadbd = find("REKEY_MARIADBD", "/usr/sbin/mariadbd", "Debian: mariadb-server");
export const mysqld = find("REKEY_MYSQLD", undefined, "see .ci/install-mysql");

const nobody = { uid: 65_534, gid: 65_534 };
const startTimeoutMs = 60_000;

async function makeData(product: Product, binary: string, data: string, folder: string): Promise<void> {
  const run = promisify(execFile);
  const as = process.getuid?.() === 0 ? nobody : {};
  if (product === "mysql") {
    await run(binary, ["--no-defaults", "--initialize-insecure", `--datadir=${data}`, "--secure-file-priv=NULL"], {
      cwd: folder,
      ...as,
    });
    return;
  }
  const install = join(dirname(dirname(binary)), "bin", "mariadb-install-db");
  const flags = [
    "--no-defaults",
    `--datadir=${data}`,
    `--tmpdir=${folder}`,
    "--skip-test-db",
    "--auth-root-authentication-method=normal",
  ];
  // A shell script: it finds its tools whatever the path of the tests is.
  await run(install, flags, { cwd: folder, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, ...as });
}

/**
 * Starts a real server on a free loopback port in a temporary folder; under root it runs as `nobody`. Without a certificate
 * MariaDB has no TLS, and MySQL makes itself one that nobody can verify.
 */
export async function startMysqlServer(
  product: Product,
  binary: string,
  options: { readonly settings?: readonly string[]; readonly certificate?: ServerCertificate | undefined } = {},
): Promise<MysqlServer> {
  const folder = await mkdtemp(join(tmpdir(), `rekey-${product}-`));
  let server: ChildProcess | undefined;
  const removeNow = (): void => {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeNow);
  async function stop(): Promise<void> {
    process.off("exit", removeNow);
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }

  const superuser = { username: "rekey_root", password: randomBytes(18).toString("base64url") };
  const data = join(folder, "data");
  const generalLog = join(folder, "general.log");
  const errorLog = join(folder, "error.log");

  async function launch(flags: readonly string[]): Promise<number> {
    const deadlineMs = performance.now() + startTimeoutMs;
    while (performance.now() < deadlineMs) {
      const port = await freePort();
      const log = await open(errorLog, "w");
      const started = spawn(binary, ["--no-defaults", ...flags, `--port=${port}`], {
        ...(process.getuid?.() === 0 ? nobody : {}),
        cwd: folder,
        stdio: ["ignore", log.fd, log.fd],
      });
      server = started;
      await log.close();
      while (started.exitCode === null && started.signalCode === null && performance.now() < deadlineMs) {
        if ((await readFile(errorLog, "utf8")).includes(`port: ${port} `)) return port;
        await delay(50);
      }
      if (!(await readFile(errorLog, "utf8")).includes("Address already in use")) break;
    }
    throw new Error(`${product} did not start:\n${await readFile(errorLog, "utf8")}`);
  }

  try {
    if (process.getuid?.() === 0) chownSync(folder, nobody.uid, nobody.gid);
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    if (options.certificate !== undefined) {
      await writeFile(certFile, options.certificate.certificate);
      await writeFile(keyFile, options.certificate.key);
    }
    const initFile = join(folder, "init.sql");
    await writeFile(
      initFile,
      `CREATE USER ${superuser.username}@'%' IDENTIFIED BY '${superuser.password}';\n` +
        `GRANT ALL ON *.* TO ${superuser.username}@'%' WITH GRANT OPTION;\n`,
    );
    for (const file of readdirSync(folder)) chmodSync(join(folder, file), 0o644);
    await makeData(product, binary, data, folder);
    const port = await launch([
      `--datadir=${data}`,
      `--socket=${join(folder, "socket")}`,
      `--pid-file=${join(folder, "pid")}`,
      `--init-file=${initFile}`,
      ...(options.certificate === undefined ? [] : [`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`]),
      "--bind-address=127.0.0.1",
      "--innodb-flush-log-at-trx-commit=0",
      "--general-log=ON",
      `--general-log-file=${generalLog}`,
      ...(product === "mysql" ? ["--mysqlx=OFF", "--secure-file-priv=NULL"] : ["--plugin-load-add=auth_ed25519"]),
      ...(options.settings ?? []),
    ]);
    const hasTls = options.certificate !== undefined || product === "mysql";
    const connect: MysqlServer["connect"] = async ({ username: user, password }) =>
      mysql.createConnection({
        host: "127.0.0.1",
        port,
        user,
        password,
        authPlugins: {
          client_ed25519: () => (nonce: Buffer) => signEd25519(new SecretValue(password), nonce.subarray(0, 32)),
        },
        ...(hasTls ? { ssl: { rejectUnauthorized: false } } : {}),
      });
    return {
      host: "127.0.0.1",
      port,
      socketPath: join(folder, "socket"),
      superuser,
      connect,
      async admin(...statements) {
        const connection = await connect(superuser);
        try {
          let rows: unknown;
          for (const statement of statements) [rows] = await connection.query(statement);
          return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
        } finally {
          await connection.end();
        }
      },
      log: async () => readFile(generalLog, "utf8"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
