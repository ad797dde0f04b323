import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import mysql from "mysql2/promise";
import { runAs } from "../../local/postgres/binaries.ts";
import { signEd25519 } from "../../shared/engines/mysql-family/password-hashes.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { outsideProgram } from "./outside-program.ts";
import { startServer } from "./server-process.ts";

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

/** Debian's; its /usr/sbin/mysqld is MariaDB's by another name. */
export const mariadbd = outsideProgram("REKEY_MARIADBD", "Debian: mariadb-server", "/usr/sbin/mariadbd");
export const mysqld = outsideProgram("REKEY_MYSQLD", "see .ci/install-mysql");

async function makeData(product: Product, binary: string, data: string, folder: string): Promise<void> {
  const run = promisify(execFile);
  const as = runAs() ?? {};
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
  const superuser = { username: "rekey_root", password: randomBytes(18).toString("base64url") };
  const initSql =
    `CREATE USER ${superuser.username}@'%' IDENTIFIED BY '${superuser.password}';\n` +
    `GRANT ALL ON *.* TO ${superuser.username}@'%' WITH GRANT OPTION;\n`;
  const { port, home, stop } = await startServer({
    name: product,
    binary,
    user: runAs(),
    async prepare(port, home) {
      const file = (name: string): string => join(home, name);
      const put = async (name: string, text: string): Promise<string> => {
        await writeFile(file(name), text);
        await chmod(file(name), 0o644);
        return file(name);
      };
      if (!existsSync(file("data"))) await makeData(product, binary, file("data"), home);
      const { certificate: tls } = options;
      return [
        "--no-defaults",
        `--datadir=${file("data")}`,
        `--port=${port}`,
        `--socket=${file("socket")}`,
        `--pid-file=${file("pid")}`,
        `--init-file=${await put("init.sql", initSql)}`,
        ...(tls === undefined
          ? []
          : [`--ssl-cert=${await put("cert.pem", tls.certificate)}`, `--ssl-key=${await put("key.pem", tls.key)}`]),
        "--bind-address=127.0.0.1",
        "--innodb-flush-log-at-trx-commit=0",
        "--general-log=ON",
        `--general-log-file=${file("general.log")}`,
        ...(product === "mysql" ? ["--mysqlx=OFF", "--secure-file-priv=NULL"] : ["--plugin-load-add=auth_ed25519"]),
        ...(options.settings ?? []),
      ];
    },
    isReady: (port, output) => output().includes(`port: ${port} `),
  });
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
    socketPath: join(home, "socket"),
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
    log: async () => readFile(join(home, "general.log"), "utf8"),
    stop,
  };
}
