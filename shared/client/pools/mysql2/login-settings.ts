import type mysql from "mysql2";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";
import type { Login } from "./one-pool.ts";

export interface Settings extends Omit<mysql.PoolOptions, "user" | "password" | "password1" | "uri" | "ssl"> {
  /** `false`: no TLS, also where the secret asks for it. */
  readonly ssl?: mysql.PoolOptions["ssl"] | false;
}

/** What the driver would log in by in place of the secret's credential. */
const credentials = ["user", "password", "password1", "passwordSha1", "uri"];

/** The settings for the driver's pool. Errors: `option-invalid` for a credential. */
export function driverSettings({ ssl, ...settings }: Settings): mysql.PoolOptions {
  const given = credentials.find((name) => name in settings);
  if (given !== undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: `pool.${given}` },
      hint: "leave it out: the user and the password are the secret's",
    });
  }
  // The driver looks at the server's name only when asked to.
  if (typeof ssl === "object")
    return { ...settings, ssl: { verifyIdentity: ssl.rejectUnauthorized !== false, ...ssl } };
  return ssl === undefined || ssl === false ? settings : { ...settings, ssl };
}

function tlsOf(secret: LoginSecret): object | false {
  const tls = tlsOptions(secret);
  if (tls === undefined) return false;
  return { ...tls, verifyIdentity: tls.rejectUnauthorized && tls.checkServerIdentity === undefined };
}

/** Errors: `secret-malformed` without a host. */
export function loginOf(settings: Settings, secret: LoginSecret): Login {
  const isElsewhere = settings.socketPath !== undefined || settings.stream !== undefined;
  return {
    ...(isElsewhere ? {} : { host: serverHost(secret, settings.host, "pool.host") }),
    port: settings.port ?? secret.port ?? 3306,
    database: settings.database ?? secret.dbname,
    user: secret.username,
    password: secret.password.reveal(),
    ...(settings.ssl === undefined ? { ssl: tlsOf(secret) } : {}),
  };
}
