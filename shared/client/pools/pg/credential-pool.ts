import pg from "pg";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import type { CredentialPool } from "../rotating-generations.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";
import { GuardedClient } from "./guarded-client.ts";
import { explainLogin } from "./login-failure.ts";

/** The pool that the service sees. */
export interface OuterPool {
  /** Emits the event there; what a listener throws is not this pool's. */
  emit(event: string, ...about: readonly unknown[]): void;
  isHeard(event: string): boolean;
  /** The pools behind it. */
  readonly pools: Set<pg.Pool>;
}

const passedOn = ["connect", "acquire", "release", "remove"] as const;

/** The driver's pool for this credential, with the settings of the pool that the service sees. Errors: `secret-malformed`, the driver's. */
export function credentialPool(
  settings: pg.PoolConfig,
  secret: LoginSecret,
  outer: OuterPool,
  changed: () => void,
): CredentialPool<pg.PoolClient> {
  const ssl = settings.ssl ?? tlsOptions(secret) ?? false;
  const pool = new pg.Pool({
    ...settings,
    Client: settings.Client ?? GuardedClient,
    host: serverHost(secret, settings.host, "pool.host"),
    port: settings.port ?? secret.port ?? 5432,
    database: settings.database ?? secret.dbname ?? "postgres",
    user: secret.username,
    password: secret.password.reveal(),
    ssl,
  });
  const connections = new Set<pg.PoolClient>();
  let whenClosed: (() => void) | undefined;
  const closed = (connection: pg.PoolClient): void => {
    connections.delete(connection);
    if (connections.size === 0) whenClosed?.();
    changed();
  };
  // A connection that the server closes fails the query on it, or is replaced when there is none; it must not end the
  // process, which an "error" without a listener would.
  pool.on("error", (error, connection) => {
    if (outer.isHeard("error")) outer.emit("error", error, connection);
  });
  pool.on("connect", (connection) => {
    connection.on("error", () => undefined);
    connection.once("end", () => closed(connection));
    connections.add(connection);
  });
  for (const name of passedOn) pool.on(name, (...about: unknown[]) => outer.emit(name, ...about));
  pool.on("remove", closed);
  // The driver says so before it has the connection among its idle ones.
  pool.on("release", () => queueMicrotask(changed));
  outer.pools.add(pool);
  return {
    connect: async () => pool.connect(),
    get open() {
      return connections.size;
    },
    get idle() {
      return pool.idleCount;
    },
    explain: (error) => explainLogin(error, ssl !== false),
    async end() {
      const allClosed = new Promise<void>((resolve) => (whenClosed = resolve));
      await pool.end();
      if (connections.size > 0) await allClosed;
      outer.pools.delete(pool);
    },
    destroy() {
      for (const connection of connections) (connection as pg.PoolClient & pg.Client).end().catch(() => undefined);
    },
  };
}
