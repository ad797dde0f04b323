import mysql from "mysql2";
import { type Mock, vi } from "vitest";
import type { CredentialPool } from "../../shared/client/pools/rotating-generations.ts";
import { type Login, type OnePool, onePool } from "../../shared/client/pools/mysql2/one-pool.ts";
import { insides } from "../../shared/client/pools/mysql2/pool-insides.ts";
import { startFakeMysql, type FakeMysql } from "./fake-mysql.ts";

export interface Stage extends AsyncDisposable {
  readonly server: FakeMysql;
  /** The driver's pool. */
  readonly pool: mysql.Pool;
  /** How many wait in its queue. */
  readonly waiting: number;
  readonly one: OnePool;
  readonly changed: Mock<() => void>;
  /** Makes the pool; `prepare` has the driver's before anything else does. */
  make(settings?: mysql.PoolOptions, prepare?: (pool: mysql.Pool) => Promise<void>): Promise<void>;
  open(password: string, more?: Partial<Login>): CredentialPool<mysql.PoolConnection>;
}

/** Goes on once it holds. Time-outs do not pass meanwhile. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** The driver's pool on a server, whose time-outs pass when the test says so. */
export async function startStage(): Promise<Stage> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const server = await startFakeMysql();
  const here = { host: "127.0.0.1", port: server.port };
  const changed = vi.fn<() => void>();
  let pool: mysql.Pool;
  let one: OnePool;
  return {
    server,
    get pool() {
      return pool;
    },
    get waiting() {
      return insides(pool)._connectionQueue.length;
    },
    get one() {
      return one;
    },
    changed,
    async make(settings = {}, prepare) {
      pool = mysql.createPool({ ...here, ...settings });
      await prepare?.(pool);
      one = onePool(pool);
    },
    open: (password, more = {}) =>
      one.open({ ...here, database: undefined, user: "u", ssl: false, password, ...more }, changed),
    async [Symbol.asyncDispose]() {
      one?.end();
      server.speak();
      await server.stop();
      vi.useRealTimers();
    },
  };
}
