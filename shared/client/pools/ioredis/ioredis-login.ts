import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { type RedisServer, serverOptions } from "../redis/redis-login.ts";
import type { TlsOptions } from "../server-settings.ts";

/** Options of ioredis which say where to connect. They have no user and no password: rekey logs in before the driver sends anything. */
export interface IoredisLogin {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly tls?: TlsOptions;
  /** rekey connects it. */
  readonly lazyConnect: true;
}

const places: ReadonlySet<string> = new Set(["host", "port", "database"] satisfies (keyof RedisServer)[]);

/** Errors: `option-invalid` for what would be dropped. */
export function assertPlaces(server: RedisServer): void {
  const other = Object.keys(server).find((name) => !places.has(name));
  if (other === undefined) return;
  throw new RekeyError("option-invalid", {
    context: { option: `server.${other}` },
    hint: `give it to the driver: createClient: (login) => new Redis({ ...login, ${other} })`,
  });
}

/** Errors: `secret-malformed`. */
export function driverOptions(secret: LoginSecret, server: RedisServer): IoredisLogin {
  const { socket, database } = serverOptions(secret, server);
  const { host, port, tls, reconnectStrategy: _, signal: __, ...trust } = socket;
  return {
    host,
    port,
    db: database,
    lazyConnect: true,
    ...(tls === undefined ? {} : { tls: { rejectUnauthorized: true, ...trust } }),
  };
}
