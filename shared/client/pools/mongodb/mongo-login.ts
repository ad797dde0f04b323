import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";

/** Options for the driver's MongoClient, which say as whom to log in. */
export interface MongoLogin {
  /** The password is a placeholder: the client's options can be printed, and each login takes the secret's. */
  readonly auth: { readonly username: string; readonly password: string };
  readonly authSource: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly tlsAllowInvalidCertificates?: boolean;
  readonly tlsAllowInvalidHostnames?: boolean;
}

/** Where to connect, in place of the secret's `host`, `port` and `dbname`. */
export interface MongoServer {
  /** `mongodb://` or `mongodb+srv://`, without a user. */
  readonly url?: string;
}

const placeholder = "set-by-rekey-at-each-login";

const tlsOf = (secret: LoginSecret): Partial<MongoLogin> => {
  const tls = tlsOptions(secret);
  if (tls === undefined) return { tls: false };
  return {
    tls: true,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.rejectUnauthorized ? {} : { tlsAllowInvalidCertificates: true }),
    ...(tls.checkServerIdentity === undefined ? {} : { tlsAllowInvalidHostnames: true }),
  };
};

/** The user is in `authSource`, or else in `dbname`, or else in `admin`, as for rekey's rotation. */
export const loginOptions = (secret: LoginSecret): MongoLogin => ({
  auth: { username: secret.username, password: placeholder },
  authSource: secret.authSource ?? secret.dbname ?? "admin",
  ...tlsOf(secret),
});

const named = /[?&](?:authMechanism|authMechanismProperties|authSource)=/i;

/** Errors: `option-invalid` for a server with a credential, or another member than `url`. */
export function assertNoCredential(server: MongoServer): void {
  const other = Object.keys(server).find((name) => name !== "url");
  if (other !== undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: `server.${other}` },
      hint: `give it to the driver: createClient: (url, options) => new MongoClient(url, { ...options, ${other} })`,
    });
  }
  const { url = "" } = server;
  // A password may have any character, "/" too, where somebody forgot to encode it.
  if (!url.includes("@") && !named.test(url)) return;
  throw new RekeyError("option-invalid", {
    context: { option: "server.url", problem: "names a user, a password or how to log in" },
    hint: "write mongodb://host:port/database alone: the user and the password are the secret's, and so is authSource",
  });
}

/** Errors: `secret-malformed` without a host. */
export function serverUrl(secret: LoginSecret, { url }: MongoServer): string {
  if (url !== undefined) return url;
  const host = serverHost(secret, undefined, "server.url");
  const database = encodeURIComponent(secret.dbname ?? "");
  // A socket's path.
  if (host.startsWith("/")) return `mongodb://${encodeURIComponent(host)}/${database}`;
  return `mongodb://${host.includes(":") ? `[${host}]` : host}:${secret.port ?? 27_017}/${database}`;
}
