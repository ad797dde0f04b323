import type mysql from "mysql2";

export interface ConnectionQueue {
  readonly length: number;
  get(index: number): mysql.PoolConnection | undefined;
  removeOne(index: number): unknown;
}

/** How the driver logs in; each connection has this object, or a copy. */
export interface ConnectionConfig {
  host?: string | undefined;
  port?: number;
  database?: string | undefined;
  user?: string | undefined;
  ssl?: unknown;
  readonly connectAttributes?: Readonly<Record<string, string>>;
}

/**
 * What the driver's pool does not declare in its types. It has had all of it, by these names, in each version from 3.9 on;
 * a test runs a rotation with the lowest and the highest.
 */
export interface PoolInsides {
  readonly config: { connectionConfig: ConnectionConfig; waitForConnections: boolean; queueLimit: number };
  readonly _allConnections: ConnectionQueue;
  readonly _freeConnections: ConnectionQueue;
  /** Those who wait for a connection. */
  readonly _connectionQueue: { readonly length: number };
}

export const insides = (pool: mysql.Pool): PoolInsides => pool as unknown as PoolInsides;

export interface ConnectionInsides {
  /** `null` once the connection is out of its pool. */
  readonly _pool: mysql.Pool | null;
  readonly config: ConnectionConfig;
  readonly stream: { destroy(): void; once(event: "close", listener: () => void): void };
  /** Closes the connection in order, behind the commands that it has. `end` of a pool's connection releases it instead. */
  _realEnd(): void;
}

export const connectionInsides = (connection: mysql.PoolConnection): ConnectionInsides =>
  connection as unknown as ConnectionInsides;
