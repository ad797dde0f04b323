import { setTimeout as wait } from "node:timers/promises";
import postgres from "postgres";
import { goodbyeMs } from "../connect-time.ts";
import type { CredentialPool } from "../rotating-generations.ts";
import { explainSqlLogin, isConnectionLimit, isRefusedLogin } from "./login-failure.ts";
import { insides, type QueryInsides, watchQuery } from "./query-insides.ts";

/** What is in use of a credential: a query, a transaction, a reserved connection, a listening one. */
export interface Lease {
  release(): void;
}

export interface ReservedLease extends Lease {
  readonly sql: postgres.ReservedSql;
}

/** A connection of its own that listens. */
export interface Link extends Lease {
  readonly sql: postgres.Sql;
}

export interface Outcome<Result> extends Lease {
  readonly result: Promise<Result>;
}

type Work<Result> = (sql: postgres.TransactionSql) => Result | Promise<Result>;

/** The driver's instance for one credential. Whatever rejects with a refused login has sent nothing. */
export interface CredentialSql extends CredentialPool<Lease> {
  /** Runs a query that another instance may have made; resolves when it is given to a connection. */
  run(query: QueryInsides): Promise<Lease>;
  /** Resolves once the transaction is open and `work` was called. */
  begin<Result>(mode: string, work: Work<Result>): Promise<Outcome<Result>>;
  connect(): Promise<ReservedLease>;
  listen(heard: (channel: string, payload: string) => void, lost: () => void): Promise<Link>;
  largeObject(oid: number | undefined, mode: number | undefined): Promise<Outcome<postgres.LargeObject>>;
}

const nothing: Lease = { release: () => undefined };

/** Of what was asked, and not of the login or the server's place for it. */
const isOwn = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && !isRefusedLogin(error) && !isConnectionLimit(error);

/** `changed`: whenever something is no longer in use; `ended`: once nothing of it is open. */
export function credentialSql(options: object, changed: () => void, ended: () => void): CredentialSql {
  const sql = postgres(options);
  const { handler, canceller } = insides(sql.unsafe(""));
  const { max } = sql.options;
  const inUse = new Set<Lease>();
  /** Each is settled once its connection is closed. */
  const links = new Set<Promise<void>>();
  let isRetired = false;
  let whenUnused = (): void => undefined;

  function lease<Added extends object>(added: Added, released: () => void = () => undefined): Added & Lease {
    const one = Object.assign(added, {
      release() {
        if (!inUse.delete(one)) return;
        released();
        if (inUse.size === 0) whenUnused();
        changed();
      },
    });
    inUse.add(one);
    return one;
  }

  return {
    get open() {
      return Math.min(inUse.size, max + links.size);
    },
    // The driver gives a connection that is idle before it opens another.
    idle: 0,
    explain: (error) => explainSqlLogin(error, sql.options.ssl !== false),
    run: async (query) =>
      new Promise((resolve, reject) => {
        const { reject: settle } = query;
        // Its caller has its error; whoever waits for the same search is not to have it too.
        if (query.cancelled) return resolve(nothing);
        let own: Lease | undefined;
        watchQuery(query, {
          sent() {
            query.reject = settle;
            own = lease({});
            resolve(own);
          },
          settled: () => own?.release(),
        });
        query.reject = (error) => {
          query.reject = settle;
          if (!query.cancelled) return reject(error);
          settle(error);
          resolve(nothing);
        };
        query.canceller = canceller;
        handler(query);
      }),
    begin: async (mode, work) =>
      new Promise((resolve, reject) => {
        const result = sql.begin(mode, (transaction) => {
          const own = lease({ result });
          result.finally(own.release).catch(() => undefined);
          resolve(own);
          return work(transaction);
        }) as Promise<never>;
        result.catch((error: unknown) => (isOwn(error) ? resolve({ result, ...nothing }) : reject(error)));
      }),
    async connect() {
      // `reserve` alone offers a refused credential twice, and waits forever where no types are fetched.
      await sql.unsafe("SELECT 1");
      const reserved = await sql.reserve();
      const giveBack = reserved.release.bind(reserved);
      return lease({ sql: reserved }, () => {
        giveBack();
        // The driver ends a connection behind a query, and not at its release.
        if (isRetired) reserved.unsafe("SELECT 1").catch(() => undefined);
      });
    },
    async listen(heard, lost) {
      const one = postgres({
        ...options,
        max: 1,
        idle_timeout: null,
        max_lifetime: null,
        fetch_types: false,
        onnotify: heard,
        onclose: lost,
      } as object);
      try {
        await one.unsafe("SELECT 1");
      } catch (error) {
        await one.end({ timeout: 0 });
        throw error;
      }
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const closed = released.then(async () => one.end({ timeout: 0 })).finally(() => links.delete(closed));
      links.add(closed);
      return lease({ sql: one }, release);
    },
    async largeObject(oid, mode) {
      const opening = sql.largeObject(oid, mode);
      await opening.catch((error: unknown) => {
        if (!isOwn(error)) throw error;
      });
      return { result: opening, ...nothing };
    },
    async end() {
      isRetired = true;
      const unused = new Promise<void>((resolve) => (whenUnused = resolve));
      if (inUse.size === 0) whenUnused();
      // The driver forgets the end of a connection that is lost, or refused, after it was told to end.
      const forgotten = unused.then(async () => wait(goodbyeMs, undefined, { ref: false }));
      await Promise.race([(sql as postgres.Sql & { close(): Promise<void> }).close(), forgotten]);
      await Promise.all(links);
      ended();
    },
    destroy: () => void sql.end({ timeout: 0 }),
  };
}
