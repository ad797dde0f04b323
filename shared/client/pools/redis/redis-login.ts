import { RekeyError } from "../../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, type TlsOptions, tlsOptions } from "../server-settings.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Options of the package `redis`, or `@redis/client`, which say where to connect, as whom, and when again. */
export interface RedisLogin {
  readonly socket: Partial<Omit<TlsOptions, "rejectUnauthorized">> & {
    readonly host: string;
    readonly port: number;
    readonly tls?: true;
    readonly rejectUnauthorized?: boolean;
    readonly reconnectStrategy: (retries: number, cause: Error) => number | Error;
    /** By it a connection is cut on which the server has stopped answering. */
    readonly signal: AbortSignal;
  };
  readonly database: number;
  readonly credentialsProvider: {
    readonly type: "async-credentials-provider";
    readonly credentials: () => Promise<Login>;
  };
}

/** Where to connect, in place of the secret's `host`, `port` and `dbname`. */
export interface RedisServer {
  readonly host?: string;
  readonly port?: number;
  readonly database?: number;
}

const places: ReadonlySet<string> = new Set(["host", "port", "database"] satisfies (keyof RedisServer)[]);

/** `inDriver`: where the driver takes another option. Errors: `option-invalid` for what would be dropped, such as `tls`. */
export function assertPlaces(
  server: RedisServer,
  inDriver = (option: string) => `createClient({ ...login, socket: { ...login.socket, ${option} } })`,
): void {
  const other = Object.keys(server).find((name) => !places.has(name));
  if (other === undefined) return;
  throw new RekeyError("option-invalid", {
    context: { option: `server.${other}` },
    hint: `give it to the driver: createClient: (login) => ${inDriver(other)}`,
  });
}

/** Errors: `secret-malformed`, `secret-binary`. */
export function loginOf({ value }: SourceVersion): Login {
  const { username, password } = parseLoginSecret(value);
  return { username, password: password.reveal() };
}

function databaseOf({ dbname = "0" }: LoginSecret): number {
  const database = Number(dbname);
  if (Number.isInteger(database) && database >= 0) return database;
  throw new RekeyError("secret-malformed", { context: { field: "dbname", problem: "not the number of a database" } });
}

/** What a client needs to log in there, but for how and when it does. Errors: `secret-malformed`. */
export function serverOptions(secret: LoginSecret, server: RedisServer): Omit<RedisLogin, "credentialsProvider"> {
  const tls = tlsOptions(secret);
  return {
    socket: {
      host: serverHost(secret, server.host, "server.host"),
      port: server.port ?? secret.port ?? 6379,
      ...(tls === undefined ? {} : { ...tls, tls: true }),
    } as RedisLogin["socket"],
    database: server.database ?? databaseOf(secret),
  };
}
