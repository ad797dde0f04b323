import { callbackify } from "node:util";
import mysql from "mysql2";
import { type PoolDriver, rotatingGenerations } from "../rotating-generations.ts";
import { assertKnown, type Rotating, type RotatingOptions, showing } from "../rotating-options.ts";
import { isLimit, isRefusal } from "./login-failure.ts";
import { driverSettings, loginOf, type Settings } from "./login-settings.ts";
import { onePool } from "./one-pool.ts";
import { assertSupported } from "./supported-driver.ts";

export interface RotatingPoolOptions extends RotatingOptions {
  /**
   * Everything but the user and the password. `host`, `port`, `database` and `ssl` are the secret's where they are not given
   * here; a secret that RDS manages has none of them. With `ssl`, the server's name is compared with its certificate, unless
   * `verifyIdentity` or `rejectUnauthorized` is `false`.
   */
  readonly pool?: Settings;
}

/** A `mysql2` pool, for whatever takes one; `promise()` is the one of `mysql2/promise`. */
export interface RotatingPool extends mysql.Pool, Rotating {
  /** Called when the last connection of a replaced credential is closed. */
  onDrained(listener: (versionId: string) => void): void;
}

/**
 * A `mysql2` pool that survives rotations: new connections take the newest credential; one that is refused is tried again
 * with AWSCURRENT as it is now, then with AWSPENDING. A query is sent once. Errors, from `getConnection`, `query` and
 * `execute`: those of `mysql2` and of the client, `credential-refused`, `tls-refused`, `time-budget-spent`, `pool-closed`. At once: `driver-unsupported`,
 * `option-invalid`, and those of `createPool`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingPool } from "rekey/client/mysql2";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const pool = createRotatingPool({ client, secretId: "prod/orders", pool: { connectionLimit: 10 } });
 * const [rows] = await pool.promise().query("SELECT now()");
 * ```
 */
export function createRotatingPool({ pool: settings = {}, ...options }: RotatingPoolOptions): RotatingPool {
  assertSupported();
  assertKnown(options);
  const pool = mysql.createPool(driverSettings(settings));
  const one = onePool(pool);
  const driver: PoolDriver<mysql.PoolConnection> = {
    open: (secret, changed) => one.open(loginOf(settings, secret), changed),
    isRefusal,
    isLimit,
    // One pool of the driver keeps its limit over all credentials.
    limit: () => Infinity,
    connectTimeoutMs: settings.connectTimeout ?? 10_000,
    lateError: undefined,
  };
  const generations = rotatingGenerations(driver, options);
  one.giveBy(generations.connect);
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => (ending ??= generations.end().finally(() => one.end()));
  return Object.assign(showing(pool, generations), {
    end: (callback: (error?: NodeJS.ErrnoException) => void = () => undefined) =>
      callbackify(end)((error) => callback(error ?? undefined)),
    onDrained: generations.onDrained,
    [Symbol.asyncDispose]: end,
  });
}
