import { readFile } from "node:fs";
import type postgres from "postgres";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { type RotatingGenerations, rotatingGenerations } from "../rotating-generations.ts";
import { assertKnown, type Rotating, type RotatingOptions, showing } from "../rotating-options.ts";
import { type CredentialSql, credentialSql, type Lease, type Outcome, type ReservedLease } from "./credential-sql.ts";
import { listening } from "./listening.ts";
import { isConnectionLimit, isRefusedLogin } from "./login-failure.ts";
import { assertSupported, isQuery, type QueryInsides } from "./query-insides.ts";
import { frontOf, parsedOptions, type SqlSettings } from "./sql-settings.ts";

export interface RotatingSqlOptions<Types extends Record<string, postgres.PostgresType> = {}> extends RotatingOptions {
  /**
   * Everything but the user and the password. `host`, `port`, `database` and `ssl` are the secret's where they are not given
   * here; a secret that RDS manages has none of them.
   */
  readonly postgres?: SqlSettings<Types>;
}

/** What `postgres()` returns, for whatever takes one. */
export interface RotatingSql<Types extends Record<string, unknown> = {}> extends postgres.Sql<Types>, Rotating {
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
}

type TypesOf<Types extends Record<string, postgres.PostgresType>> =
  Record<string, postgres.PostgresType> extends Types
    ? {}
    : {
        [name in keyof Types]: Types[name] extends { serialize: (value: infer Value) => unknown } ? Value : never;
      };

type Generations = RotatingGenerations<Lease, CredentialSql>;
type Work = (sql: postgres.TransactionSql) => unknown;

/** Runs a query on the newest credential. What it rejects with before it is sent is the query's own error. */
function dispatcher({ connect }: Generations): (query: QueryInsides) => void {
  return (query) => {
    const { reject } = query;
    query.canceller = async () => {
      query.cancelled = true;
      reject(Object.assign(new Error("57014: canceling statement due to user request"), { code: "57014" }));
    };
    connect(async (pool) => pool.run(query)).catch(reject);
  };
}

/** The driver's own functions, whose queries go to the newest credential. */
function queriesOf(front: postgres.Sql, dispatch: (query: QueryInsides) => void): object {
  const own = <Made>(made: Made, handler = dispatch): Made => {
    if (isQuery(made)) made.handler = handler;
    return made;
  };
  const call = front as unknown as (...given: readonly unknown[]) => unknown;
  const unsafe = front.unsafe as unknown as (...given: readonly unknown[]) => QueryInsides;
  const sql = (...given: readonly unknown[]): unknown => own(call(...given));
  return Object.assign(sql, {
    types: front.types,
    typed: front.typed,
    array: front.array,
    json: front.json,
    CLOSE: front.CLOSE,
    END: front.END,
    PostgresError: front.PostgresError,
    options: front.options,
    parameters: front.parameters,
    unsafe: (...given: readonly unknown[]) => own(unsafe(...given)),
    notify: async (channel: string, payload: string) => own(front`SELECT pg_notify(${channel}, ${payload})`),
    file(path: string, given: readonly unknown[] | object = [], settings: object = {}) {
      const [values, options] = Array.isArray(given) ? [given, settings] : [[], given];
      return own(unsafe("", values, { prepare: true, ...options }), (query) =>
        readFile(path, "utf8", (error, text) => {
          if (error !== null) return query.reject(error);
          query.strings = [text];
          dispatch(query);
        }),
      );
    },
  });
}

/** What is more than one query, on one connection of the newest credential. */
const longWorkOf = ({ connect }: Generations): object => ({
  async begin(...given: readonly [Work] | readonly [string, Work]): Promise<unknown> {
    const [mode, work] = given.length === 1 ? ["", given[0]] : given;
    return ((await connect(async (pool) => pool.begin(mode, work))) as Outcome<unknown>).result;
  },
  async reserve(): Promise<postgres.ReservedSql> {
    const { sql, release } = (await connect()) as ReservedLease;
    return Object.assign(sql, { release });
  },
  async largeObject(oid?: number, mode?: number): Promise<postgres.LargeObject> {
    const opened = await connect(async (pool) => pool.largeObject(oid, mode));
    return (opened as Outcome<postgres.LargeObject>).result;
  },
  async subscribe(): Promise<never> {
    throw new RekeyError("option-invalid", {
      context: { option: "subscribe" },
      hint: "logical replication does not move to another credential: open it with a postgres() of its own, and again after a rotation",
    });
  },
});

/**
 * A `postgres` (postgres.js) instance that survives rotations: one instance of the driver for each credential, behind its own
 * `Sql`. New work takes the newest credential; a refused login is tried again with AWSCURRENT as it is now, then with
 * AWSPENDING. A query is sent once. Transactions, reserved connections, cursors and streams end on the credential that they
 * began on; LISTEN moves to the new one without a gap. `subscribe` is refused. Errors: `option-invalid`, `driver-unsupported`;
 * from what is run: the driver's and the client's, `credential-refused`, `tls-refused`, `time-budget-spent`, `pool-closed`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingSql } from "rekey/client/postgres";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const sql = createRotatingSql({ client, secretId: "prod/orders", postgres: { max: 10 } });
 * const [row] = await sql`SELECT now()`;
 * ```
 */
export function createRotatingSql<Types extends Record<string, postgres.PostgresType> = {}>({
  postgres: settings = {},
  ...options
}: RotatingSqlOptions<Types>): RotatingSql<TypesOf<Types>> {
  assertKnown(options);
  const front = frontOf(settings);
  assertSupported(front);
  const { connect_timeout: connectTimeoutS, max } = front.options;
  const pools = new Set<CredentialSql>();
  const generations: Generations = rotatingGenerations<Lease, CredentialSql>(
    {
      open(secret, changed) {
        const pool = credentialSql(parsedOptions(settings, secret, front), changed, () => pools.delete(pool));
        pools.add(pool);
        queueMicrotask(ears.move);
        return pool;
      },
      isRefusal: isRefusedLogin,
      isLimit: isConnectionLimit,
      limit: () => max,
      connectTimeoutMs: 1_000 * connectTimeoutS,
      lateError: undefined,
    },
    options,
  );
  const ears = listening(
    async (heard, lost) => (await generations.connect(async (pool) => pool.listen(heard, lost))) as never,
    (error) => {
      if (error instanceof RekeyError) options.client.report({ secretId: options.secretId, error });
    },
  );
  let ending: Promise<void> | undefined;

  async function end(timeoutMs: number | undefined): Promise<void> {
    await ears.end();
    const late =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            for (const pool of pools) pool.destroy();
          }, timeoutMs);
    await generations.end().finally(() => clearTimeout(late));
  }
  const once = async ({ timeout }: { readonly timeout?: number } = {}): Promise<void> =>
    (ending ??= end(timeout === undefined ? undefined : 1_000 * timeout));

  const sql = Object.assign(queriesOf(front, dispatcher(generations)), longWorkOf(generations), {
    listen: ears.listen,
    end: once,
    onDrained: generations.onDrained,
    [Symbol.asyncDispose]: async () => once(),
  });
  return showing(sql, generations) as unknown as RotatingSql<TypesOf<Types>>;
}
