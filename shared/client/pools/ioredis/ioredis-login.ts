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
