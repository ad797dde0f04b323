import { callbackify } from "node:util";
import mysql from "mysql2";
import type { LoginSecret } from "../../secrets/database-secret.ts";
import { goodbyeMs } from "../pool/goodbye.ts";
import { type CredentialPool, type PoolDriver, rotatingGenerations } from "../pool/rotating-generations.ts";
import type { Rotating, RotatingOptions } from "../pool/rotating-options.ts";
import { serverHost } from "../pool/server-host.ts";
import { tlsOptions } from "../pool/tls-options.ts";

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

/**
 * Refused logins whose SQLSTATE is not 28000: an expired user, a locked one (MySQL's number and
 * MariaDB's), one that is blocked after refused logins (of both too). Source: the error references of both.
 */
const refusals = new Set<unknown>([1862, 3118, 3955, 4150, 4151]);

/** Whether the server, or a proxy before it (ProxySQL, MaxScale, RDS Proxy), refused a login, before any query was sent. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && (refusals.has(Reflect.get(error, "errno")) || Reflect.get(error, "sqlState") === "28000");

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
): CredentialPool<mysql.PoolConnection> {
  const database = settings.database ?? secret.dbname;
  const pool = mysql.createPool({
    ...settings,
    // A connection's `end` closes it, in order.
    gracefulEnd: true,
    host: serverHost(secret, settings.host, "pool.host"),
    port: settings.port ?? secret.port ?? 3306,
    ...(database === undefined ? {} : { database }),
    user: secret.username,
    password: secret.password.reveal(),
    ...tlsOf(ssl, secret),
  });
  const idle = new Set<mysql.PoolConnection>();
  const inUse = new Set<mysql.PoolConnection>();
  let whenUnused: (() => void) | undefined;

  function gone(connection: mysql.PoolConnection): void {
    idle.delete(connection);
    inUse.delete(connection);
    if (inUse.size === 0) whenUnused?.();
  }

  function close(connection: mysql.PoolConnection): void {
    const late = setTimeout(() => connection.destroy(), goodbyeMs).unref();
    connection.once("end", () => clearTimeout(late)).end();
    gone(connection);
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
  pool.on("release", (connection) => idle.add(connection));
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
 * `execute`: those of `mysql2` and of the client, `credential-refused`, `pool-closed`.
 */
export function createRotatingPool({ pool: settings = {}, ...options }: RotatingPoolOptions): RotatingPool {
  // The driver makes everything else, such as `query` and `promise()`, of what is set below; this one never connects.
  const pool = mysql.createPool({});
  const driver: PoolDriver<mysql.PoolConnection> = {
    open: (secret) => openPool(settings, secret, (event, connection) => void pool.emit(event, connection)),
    isRefusal,
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
