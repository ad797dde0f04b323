import { isIP } from "node:net";
import type { ConnectionConfig, PoolConfig } from "mariadb";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";

const ofTheSecret = ["user", "password"] as const;
/** Connections are made when they are asked for, and an error of a login is told at once. */
const ofTheDriversPool = ["minimumIdle", "initializationTimeout", "leakDetectionTimeout"] as const;

export type Settings = Omit<PoolConfig, (typeof ofTheSecret)[number] | (typeof ofTheDriversPool)[number]>;

/** Errors: `option-invalid`. */
export function assertSettings(settings: object): void {
  const credential = ofTheSecret.find((name) => name in settings);
  const other = ofTheDriversPool.find((name) => name in settings);
  const option = credential ?? other;
  if (option === undefined) return;
  throw new RekeyError("option-invalid", {
    context: { option: `pool.${option}` },
    hint:
      credential === undefined
        ? `remove pool.${option}: the pool makes connections when they are asked for, and reports a failed login at once`
        : `remove pool.${option}: the pool logs in with the secret's user name and password`,
  });
}

type Tls = NonNullable<ConnectionConfig["ssl"]>;

/** The connector compares a certificate with the host's name only where it looked that name up itself. */
function tlsOf(secret: LoginSecret, host: string | undefined): Tls {
  const tls = tlsOptions(secret);
  if (tls === undefined) return false;
  const named = host === undefined ? {} : { host, ...(isIP(host) === 0 ? { servername: host } : {}) };
  return { ...tls, ...named };
}

/** Where and as whom to log in, with the settings. Errors: `secret-malformed` without a host. */
export function loginOf(settings: Settings, secret: LoginSecret): ConnectionConfig {
  const isElsewhere = settings.socketPath !== undefined || settings.stream !== undefined;
  const host = isElsewhere ? settings.host : serverHost(secret, settings.host, "pool.host");
  const database = settings.database ?? secret.dbname;
  return {
    ...settings,
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { database }),
    port: settings.port ?? secret.port ?? 3306,
    user: secret.username,
    password: secret.password.reveal(),
    ssl: settings.ssl ?? tlsOf(secret, host),
  };
}
