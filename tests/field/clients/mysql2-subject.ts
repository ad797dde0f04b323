import { once } from "node:events";
import type { Pool, PoolOptions } from "mysql2";
import type { Row } from "./surface.ts";

/** Makes a pool with these settings; where and as whom it logs in comes first, so settings may change it. */
export interface Subject {
  open(settings?: PoolOptions): Pool;
  readonly port: number;
  readonly socketPath: string;
  /** The server's, which is its own CA. */
  readonly certificate: string;
}

/** A real error, or what came: what a user can tell from it. */
export async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    const { message, code, errno, sqlState, fatal } = error as Error & Readonly<Record<string, unknown>>;
    return { message, code, errno, sqlState, fatal };
  }
}

/** The rows of a query, by the pool's `query` with a callback. */
export const rowsOf = async (pool: Pool, ...words: readonly unknown[]): Promise<unknown> =>
  outcome(
    async () =>
      new Promise((resolve, reject) => {
        const query = pool.query.bind(pool) as (...given: unknown[]) => void;
        query(...words, (error: Error | null, rows: unknown) => (error === null ? resolve(rows) : reject(error)));
      }),
  );

/** The same by `execute`. */
export const executed = async (pool: Pool, ...words: readonly unknown[]): Promise<unknown> =>
  outcome(
    async () =>
      new Promise((resolve, reject) => {
        const execute = pool.execute.bind(pool) as (...given: unknown[]) => void;
        execute(...words, (error: Error | null, rows: unknown) => (error === null ? resolve(rows) : reject(error)));
      }),
  );

export const ended = async (pool: Pool): Promise<unknown> =>
  new Promise((resolve) => pool.end((...given: readonly unknown[]) => resolve(given.map((one) => one ?? undefined))));

/** Something that is done to a pool with these settings. */
export const row = (
  name: string,
  covers: readonly string[],
  settings: PoolOptions,
  observe: (pool: Pool) => Promise<unknown>,
): Row<Subject> => ({
  name,
  covers,
  async run({ open }) {
    const pool = open(settings);
    const observation = await observe(pool);
    await ended(pool);
    return observation;
  },
});

/** What an event names, without the connection itself. */
export function recorded(pool: Pool): string[] {
  const seen: string[] = [];
  for (const event of ["connection", "acquire", "enqueue", "release"])
    pool.on(event, (...about: readonly object[]) =>
      seen.push([event, ...about.map((one) => one.constructor.name)].join(" ")),
    );
  return seen;
}

/** Once what was begun before has gone through. */
export const soon = async (pool: Pool, event: string): Promise<void> => void (await once(pool, event));
