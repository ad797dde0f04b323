import { isIP } from "node:net";
import type { Options, ReplicationOptions } from "sequelize";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";
import type { ServerConfig } from "./supported-sequelize.ts";

const ports = { postgres: 5432, mysql: 3306, mariadb: 3306 } as const;
export type Dialect = keyof typeof ports;

/** A server of `replication`, without its credential. */
type Server = Omit<ReplicationOptions["write"], "username" | "password">;

export interface Settings extends Omit<Options, "username" | "password" | "native" | "dialect" | "replication"> {
  readonly dialect: Dialect;
  /** Every replica has a `host`; the writer's is the secret's where none is given. */
  readonly replication?: { readonly write: Server; readonly read: readonly Server[] };
}

const credentials = ["username", "password", "user", "connectionString", "uri"];

function refuse(option: string, hint: string): never {
  throw new RekeyError("option-invalid", { context: { option: `sequelize.${option}` }, hint });
}

function refuseCredential(settings: object, place: string): void {
  const given = credentials.find((name) => Reflect.get(settings, name) !== undefined);
  if (given !== undefined) refuse(`${place}${given}`, "remove it: the user name and the password are the secret's");
}

/** Errors: `option-invalid` for a credential, another dialect, libpq, and a replica without a host. */
export function assertSettings(settings: Settings): void {
  refuseCredential(settings, "");
  refuseCredential(settings.dialectOptions ?? {}, "dialectOptions.");
  if (!Object.hasOwn(ports, settings.dialect)) refuse("dialect", `use one of ${Object.keys(ports).join(", ")}`);
  if ("native" in settings && settings.native === true) refuse("native", "remove it: pg's own client is used");
  if (settings.replication === undefined) return;
  const { write, read } = settings.replication;
  refuseCredential(write, "replication.write.");
  for (const [index, replica] of read.entries()) {
    refuseCredential(replica, `replication.read[${index}].`);
    if (replica.host === undefined) refuse(`replication.read[${index}].host`, "name the replica's host");
  }
}

/** As the service gave it: Sequelize has set its own host and port where none were given. */
export interface GivenServer {
  readonly dialect: Dialect;
  readonly host: string | undefined;
  readonly port: Server["port"] | undefined;
  readonly database: string | undefined;
}

function tlsOf(dialect: Dialect, secret: LoginSecret, host: string | undefined): object | false {
  const tls = tlsOptions(secret);
  if (tls === undefined) return false;
  if (dialect === "mysql")
    return { ...tls, verifyIdentity: tls.rejectUnauthorized && tls.checkServerIdentity === undefined };
  if (dialect === "postgres" || host === undefined) return tls;
  // The connector compares a certificate with the host's name only where it looked that name up itself.
  return { ...tls, host, ...(isIP(host) === 0 ? { servername: host } : {}) };
}

/** Sequelize's settings for one server with the secret's credential. Errors: `secret-malformed` without a host. */
export function loginOf(
  config: ServerConfig,
  given: GivenServer,
  secret: LoginSecret,
): { readonly config: ServerConfig; readonly isEncrypted: boolean } {
  const { dialect } = given;
  const { dialectOptions = {} } = config;
  const isElsewhere = dialectOptions["socketPath"] !== undefined;
  const host = isElsewhere ? given.host : serverHost(secret, given.host, "sequelize.host");
  const ssl = dialectOptions["ssl"] ?? tlsOf(dialect, secret, host);
  const login = {
    ...config,
    host,
    port: given.port ?? secret.port ?? ports[dialect],
    database: given.database ?? secret.dbname ?? (dialect === "postgres" ? "postgres" : undefined),
    username: secret.username,
    password: secret.password.reveal(),
    // mysql2 reads a false one as none only where it is absent.
    dialectOptions: { ...dialectOptions, ...(ssl === false && dialect === "mysql" ? {} : { ssl }) },
  };
  return { config: login, isEncrypted: ssl !== false };
}
