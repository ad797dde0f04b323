import { callbackify } from "node:util";
import mysql from "mysql2";
import type { LoginSecret } from "../../secrets/database-secret.ts";
import { callListener } from "../call-listener.ts";
import { goodbyeMs } from "../pool/goodbye.ts";
import { type CredentialPool, type PoolDriver, rotatingGenerations } from "../pool/rotating-generations.ts";
import type { Rotating, RotatingOptions } from "../pool/rotating-options.ts";
import { serverHost } from "../pool/server-host.ts";
import { tlsOptions } from "../pool/tls-options.ts";
import { explainLogin, isLimit, isRefusal } from "./login-failure.ts";

interface Settings extends Omit<mysql.PoolOptions, "user" | "password" | "password1" | "uri" | "ssl"> {
  /** `false`: no TLS, also where the secret asks for it. */
  readonly ssl?: mysql.PoolOptions["ssl"] | false;
}

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

const tlsOf = (ssl: Settings["ssl"], secret: LoginSecret): mysql.PoolOptions => {
  if (typeof ssl === "object") return { ssl: { verifyIdentity: ssl.rejectUnauthorized !== false, ...ssl } };
  if (ssl !== undefined) return ssl === false ? {} : { ssl };
  const tls = tlsOptions(secret);
  if (tls === undefined) return {};
  // The driver looks at the server's name only when asked to.
  return { ssl: { ...tls, verifyIdentity: tls.rejectUnauthorized && tls.checkServerIdentity === undefined } };
};

const passedOn = ["connection", "acquire", "release"] as const;

type PassOn = (event: (typeof passedOn)[number], connection: mysql.PoolConnection) => void;

/** The driver's own `end` cuts what is in use, so connections are counted, and each is closed at its release. */
function openPool(
  { ssl, ...settings }: Settings,
  secret: LoginSecret,
  passOn: PassOn,
  changed: () => void,
): CredentialPool<mysql.PoolConnection> {
  const database = settings.database ?? secret.dbname;
  const tls = tlsOf(ssl, secret);
  const pool = mysql.createPool({
    ...settings,
    // A connection's `end` closes it, in order.
    gracefulEnd: true,
    host: serverHost(secret, settings.host, "pool.host"),
    port: settings.port ?? secret.port ?? 3306,
    ...(database === undefined ? {} : { database }),
    user: secret.username,
    password: secret.password.reveal(),
    ...tls,
  });
  const idle = new Set<mysql.PoolConnection>();
  const inUse = new Set<mysql.PoolConnection>();
  const closing = new Set<mysql.PoolConnection>();
  let whenUnused: (() => void) | undefined;

  function gone(connection: mysql.PoolConnection, isClosing = false): void {
    idle.delete(connection);
    inUse.delete(connection);
    if (isClosing) closing.add(connection);
    else closing.delete(connection);
    if (inUse.size === 0) whenUnused?.();
    changed();
  }

  function close(connection: mysql.PoolConnection): void {
    const late = setTimeout(() => connection.destroy(), goodbyeMs).unref();
    connection.once("end", () => clearTimeout(late)).end();
    gone(connection, true);
  }

  pool.on("connection", (connection) => {
    const release = connection.release.bind(connection);
    const destroy = connection.destroy.bind(connection);
    connection.destroy = () => {
      destroy();
      gone(connection);
    };
    connection.release = () => {
      if (whenUnused !== undefined) return close(connection);
      inUse.delete(connection);
      release();
    };
    // Without a listener an error would end the process; the driver has taken the connection out of its pool.
    connection.on("error", () => gone(connection)).on("end", () => gone(connection));
  });
  pool.on("acquire", (connection) => idle.delete(connection));
  pool.on("release", (connection) => {
    idle.add(connection);
    changed();
  });
  for (const event of passedOn) pool.on(event, (connection) => passOn(event, connection));

  return {
    connect: async () =>
      new Promise((resolve, reject) => {
        pool.getConnection((error, connection) => {
          if (error !== null) return reject(error);
          inUse.add(connection);
          resolve(connection);
        });
      }),
    get open() {
      return idle.size + inUse.size + closing.size;
    },
    get idle() {
      return idle.size;
    },
    explain: (error) => explainLogin(error, "ssl" in tls),
    async end() {
      const unused = new Promise<void>((resolve) => (whenUnused = resolve));
      for (const connection of idle) close(connection);
      if (inUse.size > 0) await unused;
      await pool.promise().end();
    },
    destroy() {
      for (const connection of inUse) connection.destroy();
    },
  };
}

/**
 * A `mysql2` pool that survives rotations: new connections take the newest credential; one that is refused is tried again
 * with AWSCURRENT as it is now, then with AWSPENDING. A query is sent once. Errors, from `getConnection`, `query` and
 * `execute`: those of `mysql2` and of the client, `credential-refused`, `tls-refused`, `time-budget-spent`, `pool-closed`.
 */
export function createRotatingPool({ pool: settings = {}, ...options }: RotatingPoolOptions): RotatingPool {
  // The driver makes everything else, such as `query` and `promise()`, of what is set below; this one never connects.
  const pool = mysql.createPool({});
  const driver: PoolDriver<mysql.PoolConnection> = {
    open: (secret, changed) =>
      openPool(
        settings,
        secret,
        (event, connection) => callListener(event, () => pool.emit(event, connection)),
        changed,
      ),
    isRefusal,
    isLimit,
    limit: () => (settings.connectionLimit === 0 ? Infinity : (settings.connectionLimit ?? 10)),
    connectTimeoutMs: settings.connectTimeout ?? 10_000,
    lateError: undefined,
  };
  const generations = rotatingGenerations(driver, options);
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => (ending ??= generations.end());
  const state = {
    get refusedLogins() {
      return generations.refusedLogins;
    },
    get versionId() {
      return generations.versionId;
    },
  };
  Object.defineProperties(pool, Object.getOwnPropertyDescriptors(state));
  return Object.assign(pool as mysql.Pool & typeof state, {
    getConnection: callbackify(generations.connect) as mysql.Pool["getConnection"],
    releaseConnection: (connection: mysql.PoolConnection) => connection.release(),
    end: (callback: (error: NodeJS.ErrnoException | null) => void = () => undefined) => callbackify(end)(callback),
    onDrained: generations.onDrained,
    [Symbol.asyncDispose]: end,
  });
}
