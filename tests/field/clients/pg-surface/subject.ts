import pg from "pg";
import type { EmbeddedPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import { createRotatingPool } from "../../../../shared/client/pools/pg/rotating-pool.ts";
import { fakeSecretClient } from "../../../../shared/testing/fake-secret-client.ts";
import { createAuthority } from "../../../../shared/testing/engine-contract/certificates.ts";
import type { Row } from "../surface.ts";

/** The driver's pool or rekey's, of a new user. */
export interface PgSubject {
  readonly isDriver: boolean;
  /** Ended after the row, where the row does not. */
  make(settings?: pg.PoolConfig): pg.Pool;
  /** What a child process needs to make such a pool. */
  readonly login: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  /** Runs a statement as the superuser. */
  admin(sql: string, values?: readonly unknown[]): Promise<readonly pg.QueryResultRow[]>;
}

export type PgRow = Row<PgSubject>;

export const authority = createAuthority("the surface's own");

export async function pgSubjects(postgres: EmbeddedPostgres) {
  const { host, port } = postgres;
  const secretId = "orders";
  const password = "of the surface";
  await postgres.admin(`CREATE ROLE surface LOGIN PASSWORD '${password}'`);
  const secret = { engine: "postgres", username: "surface", password, ssl: false };
  const made: pg.Pool[] = [];
  const subject = (isDriver: boolean, make: (settings: pg.PoolConfig) => pg.Pool): PgSubject => ({
    isDriver,
    make(settings = {}) {
      const pool = make({ host, port, database: "postgres", ...settings });
      made.push(pool);
      return pool;
    },
    login: { host, port, user: "surface", password },
    admin: async (sql, values) => postgres.admin(sql, values),
  });
  const client = fakeSecretClient({ [secretId]: secret });
  return {
    driver: () => subject(true, (settings) => new pg.Pool({ user: "surface", password, ssl: false, ...settings })),
    ours: () => subject(false, (pool) => createRotatingPool({ client, secretId, pool })),
    async endAll(): Promise<void> {
      for (const pool of made.splice(0)) if (!pool.ending) await pool.end();
    },
    async stop(): Promise<void> {
      await client.close();
    },
  };
}

/** What can be compared of an error. */
export const seenOf = (error: unknown): unknown =>
  error instanceof Error
    ? { code: Reflect.get(error, "code") as unknown, message: error.message }
    : { thrown: typeof error };

export const outcome = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return "works";
  } catch (error) {
    return seenOf(error);
  }
};

export const counts = ({ totalCount, idleCount, waitingCount, expiredCount }: pg.Pool) => ({
  totalCount,
  idleCount,
  waitingCount,
  expiredCount,
});

export const ask = async (pool: pg.Pool | pg.PoolClient, sql: string): Promise<unknown> =>
  (await pool.query<pg.QueryResultRow>(sql)).rows[0];

/** Until the server has done what it does behind a connection's end. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error("it did not come about");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const soon = async (ms = 50): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
