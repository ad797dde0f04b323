import postgres from "postgres";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { LoginSecret } from "../../../secrets/database-secret.ts";
import { serverHost, tlsOptions } from "../server-settings.ts";

/** What the driver would log in by in place of the secret's credential. */
const credentials = ["user", "username", "pass", "password"] as const;

export type SqlSettings<Types extends Record<string, postgres.PostgresType>> = Omit<
  postgres.Options<Types>,
  (typeof credentials)[number]
>;

/** Of any types: an instance of the driver, and what it makes of its settings. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnySettings = SqlSettings<any>;

/** Errors: `option-invalid` for a credential. */
function requireNoCredential(settings: object): void {
  const inConnection = Object.keys(Object(Reflect.get(settings, "connection")) as object);
  const given =
    credentials.find((name) => Reflect.get(settings, name) !== undefined) ??
    (inConnection.includes("user") ? "connection.user" : undefined);
  if (given === undefined) return;
  throw new RekeyError("option-invalid", {
    context: { option: `postgres.${given}` },
    hint: `remove postgres.${given}: the user and the password are the secret's`,
  });
}

const none = { user: "-", pass: "-" } as const;

/** An instance that makes queries and never connects. Errors: `option-invalid`, the driver's. */
export function frontOf(settings: AnySettings): postgres.Sql {
  requireNoCredential(settings);
  return postgres({ ...settings, ...none });
}

/**
 * What the driver makes of the settings with this secret's login. What queries are made with is the front's, so that types
 * that are learned or given later hold for all. Errors: `secret-malformed`, the driver's.
 */
export function parsedOptions(settings: AnySettings, secret: LoginSecret, front: postgres.Sql): object {
  const isElsewhere = settings.path !== undefined || Reflect.get(settings, "socket") !== undefined;
  const host = isElsewhere
    ? settings.host
    : (settings.hostname ?? serverHost(secret, hostOf(settings), "postgres.host"));
  const { options } = postgres({
    ...settings,
    ...(host === undefined ? {} : { host: settings.host ?? host }),
    port: settings.port ?? secret.port ?? 5432,
    database: settings.database ?? settings.db ?? secret.dbname ?? "postgres",
    ssl: settings.ssl ?? tlsOptions(secret) ?? false,
    user: secret.username,
    // A function, so that no one who prints the options prints the password.
    pass: () => secret.password.reveal(),
  });
  const { parsers, serializers, transform, parameters, shared } = front.options as unknown as Shared;
  const { typeArrayMap } = shared;
  return { ...options, parsers, serializers, transform, parameters, shared: { retries: 0, typeArrayMap } };
}

const hostOf = ({ host }: AnySettings): string | undefined => (Array.isArray(host) ? host[0] : host);

interface Shared {
  readonly parsers: object;
  readonly serializers: object;
  readonly transform: object;
  readonly parameters: object;
  readonly shared: { readonly typeArrayMap: object };
}
