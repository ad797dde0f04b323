import type { Rotating } from "../../shared/client/pools/rotating-options.ts";
import type { Service } from "./load.ts";

interface Connection extends Pick<Rotating, "refusedLogins"> {
  end(): Promise<void>;
}

/** Queries over one pool, which makes the connections. */
export const pooled = (
  pool: Pick<Rotating, "refusedLogins">,
  query: () => Promise<unknown>,
  end: () => Promise<void>,
): Service => ({
  query: async () => void (await query()),
  get recovered() {
    return pool.refusedLogins;
  },
  end,
});

/**
 * Queries over connections that last: those of one `keeperOf` share one over every rotation, and whoever has no keeper makes one
 * for each query.
 */
export function connected<Made extends Connection>(
  connect: () => Promise<Made>,
  keeperOf: (worker: number) => number | undefined,
  query: (connection: Made, worker: number) => Promise<unknown>,
): Service {
  const kept = new Map<number, Promise<Made>>();
  let recovered = 0;

  async function end(connection: Made): Promise<void> {
    await connection.end();
    recovered += connection.refusedLogins;
  }

  return {
    async query(worker) {
      const keeper = keeperOf(worker);
      if (keeper === undefined) {
        const connection = await connect();
        try {
          await query(connection, worker);
        } finally {
          await end(connection);
        }
        return;
      }
      const connecting = kept.get(keeper) ?? connect();
      kept.set(keeper, connecting);
      await query(await connecting, worker);
    },
    get recovered() {
      return recovered;
    },
    async end() {
      for (const connecting of kept.values()) await end(await connecting);
    },
  };
}
