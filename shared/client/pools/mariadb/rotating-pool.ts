import { createPool, type Pool, type PoolConnection, SqlError } from "mariadb";
import { callListener } from "../../call-listener.ts";
import { isLimit, isRefusal } from "../mysql2/login-failure.ts";
import { rotatingGenerations } from "../rotating-generations.ts";
import { assertKnown, type Rotating, type RotatingOptions, showing } from "../rotating-options.ts";
import { type CredentialConnections, credentialConnections, type OuterPool } from "./credential-connections.ts";
import { assertSettings, loginOf, type Settings } from "./login-settings.ts";
import { assertSupported } from "./supported-driver.ts";

export interface RotatingPoolOptions extends RotatingOptions {
  /**
   * Everything but the user and the password. `host`, `port`, `database` and `ssl` are the secret's where they are not given
   * here. `acquireTimeout` is for all of `getConnection`, the secret included. A failed login is reported at once, and no
   * connection is made before it is asked for, so `minimumIdle`, `initializationTimeout` and `leakDetectionTimeout` are refused.
   */
  readonly pool?: Settings;
}

/** A pool of the `mariadb` connector, for whatever takes one. */
export interface RotatingPool extends Pool, Rotating {
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const lateErrno = 45_028;
const lateError = (timeoutMs: number): Error =>
  new SqlError(`pool timeout: no connection within ${timeoutMs} ms`, undefined, false, undefined, "HY000", lateErrno);

const sum = (credentials: ReadonlySet<CredentialConnections>, count: (one: CredentialConnections) => number): number =>
  [...credentials].reduce((total, one) => total + count(one), 0);

/**
 * A pool of the `mariadb` connector that survives rotations: new connections take the newest credential; one that is refused
 * is tried again with AWSCURRENT as it is now, then with AWSPENDING. A query is sent once. Errors, from `getConnection`,
 * `query`, `execute`, `batch` and `importFile`: the connector's and the client's, `credential-refused`, `tls-refused`,
 * `time-budget-spent`, `pool-closed`. At once: `driver-unsupported`, `option-invalid`, and those of `createPool`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingPool } from "rekey/client/mariadb";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const pool = createRotatingPool({ client, secretId: "prod/orders", pool: { connectionLimit: 10 } });
 * const rows = await pool.query("SELECT now()");
 * ```
 */
export function createRotatingPool({ pool: settings = {}, ...options }: RotatingPoolOptions): RotatingPool {
  assertSupported();
  assertKnown(options);
  assertSettings(settings);
  const { acquireTimeout = 10_000, connectionLimit = 10 } = settings;
  // It has the connector's type and its events, and never a connection.
  const pool = createPool({ ...settings, minimumIdle: 0 });
  const emit = Reflect.get(pool, "emit") as (...event: unknown[]) => void;
  const credentials = new Set<CredentialConnections>();
  const outer: OuterPool = {
    credentials,
    emit: (...event) => callListener(event[0], () => Reflect.apply(emit, pool, event)),
  };
  const generations = rotatingGenerations<PoolConnection>(
    {
      open: (secret, changed) => credentialConnections(loginOf(settings, secret), settings, outer, changed),
      isRefusal,
      isLimit,
      limit: () => connectionLimit,
      connectTimeoutMs: acquireTimeout,
      lateError: () => lateError(acquireTimeout),
    },
    options,
  );

  async function once<Result>(work: (connection: PoolConnection) => Promise<Result>): Promise<Result> {
    const connection = await generations.connect();
    // It never rejects, and the result does not wait for it.
    return work(connection).finally(() => void connection.release());
  }
  /** How text is escaped depends on the server's mode, which a connection knows. */
  const escaping = (): Pick<Pool, "escape" | "escapeId"> =>
    [...credentials].findLast(({ any }) => any !== undefined)?.any ?? own;
  const own = { escape: pool.escape.bind(pool), escapeId: pool.escapeId.bind(pool) };
  const endOwn = pool.end.bind(pool);
  let ending: Promise<void> | undefined;
  async function endBoth(): Promise<void> {
    try {
      await generations.end();
    } finally {
      await endOwn();
    }
  }
  const end = async (): Promise<void> => (ending ??= endBoth());
  const replaced: Partial<Pool> = {
    getConnection: generations.connect,
    query: async (...asked) => once(async (connection) => connection.query(...asked)),
    execute: async (...asked) => once(async (connection) => connection.execute(...asked)),
    batch: async (...asked) => once(async (connection) => connection.batch(...asked)),
    importFile: async (file) => once(async (connection) => connection.importFile(file)),
    escape: (value) => escaping().escape(value),
    escapeId: (identifier) => escaping().escapeId(identifier),
    activeConnections: () => sum(credentials, ({ open, idle }) => open - idle),
    idleConnections: () => sum(credentials, ({ idle }) => idle),
    totalConnections: () => sum(credentials, ({ open }) => open),
    taskQueueSize: () => sum(credentials, ({ queued }) => queued) + generations.waiting,
    end,
    [Symbol.asyncDispose]: end,
  };
  return Object.assign(showing(pool, generations), replaced, { onDrained: generations.onDrained });
}
