import { mariadbEngine, type MariadbSession } from "../../shared/engines/mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import type { Credential, DatabaseTarget, Login } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { mariadbd, mysqld, type MysqlServer, startMysqlServer } from "./mysql-servers.ts";

export const call: CallOptions = { signal: new AbortController().signal };
const authority = createAuthority("the tests' own");
export const ca = authority.certificate;

export const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});
/** May do everything, and hand it on. */
export const rotator = credential("rotator", "rotator");

export const servers = [
  {
    product: "mariadb",
    binary: mariadbd,
    engine: mariadbEngine(),
    withForeignPlugin: ["CREATE USER elsewhere IDENTIFIED VIA unix_socket"],
  },
  {
    product: "mysql",
    binary: mysqld,
    engine: mysqlEngine(),
    withForeignPlugin: [
      "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'",
      "CREATE USER elsewhere IDENTIFIED WITH auth_socket",
    ],
  },
] as const;

/** A real server with TLS, the table `shop.orders` and the rotator, and logins by its engine. */
export interface MysqlFamilyStage {
  readonly server: MysqlServer;
  logIn(who: Credential, change?: Partial<DatabaseTarget>, options?: CallOptions): Promise<Login<MariadbSession>>;
  open(who: Credential, change?: Partial<DatabaseTarget>): Promise<MariadbSession>;
  /** Why a login is refused, or that it is not. */
  outcome(who: Credential): Promise<string>;
  stop(): Promise<void>;
}

export async function startMysqlFamilyStage({
  product,
  binary,
  engine,
}: (typeof servers)[number]): Promise<MysqlFamilyStage> {
  const certificate = authority.issue({ addresses: ["127.0.0.1"] });
  const server = await startMysqlServer(product, binary ?? "", { certificate });
  const { host, port } = server;
  const tls = { mode: "verify-full", ca } as const;
  const target: DatabaseTarget = { engine: product, host, port, dbname: "", tls, options: new Map() };
  await server.admin(
    "CREATE DATABASE shop",
    "CREATE TABLE shop.orders (a int, b int)",
    "CREATE USER rotator IDENTIFIED BY 'rotator'",
    "GRANT ALL ON *.* TO rotator WITH GRANT OPTION",
  );
  const logIn: MysqlFamilyStage["logIn"] = async (who, change, options = call) =>
    engine.login({ ...target, ...change }, who, options);
  return {
    server,
    logIn,
    async open(who, change) {
      const login = await logIn(who, change);
      if (!login.ok) throw new Error(`refused: ${login.refusal}`);
      return login.session;
    },
    async outcome(who) {
      const login = await logIn(who);
      if (!login.ok) return login.refusal;
      await login.session[Symbol.asyncDispose]();
      return "logs in";
    },
    stop: async () => server.stop(),
  };
}
