import { RekeyError } from "../errors/rekey-error.ts";
import { renderDerivedFields } from "./derived-fields.ts";
import { SecretValue } from "./secret-value.ts";
import { renderTemplates } from "./templated-fields.ts";

export const tlsModes = ["verify-full", "verify-ca", "require", "disable"] as const;
export type TlsMode = (typeof tlsModes)[number];

/** A database secret in AWS's JSON shape, its password unprintable. */
export interface DatabaseSecret {
  readonly engine: string;
  readonly host: string;
  readonly port: number | undefined;
  /** From `hosts`: further servers that have the same user, `host` or `host:port`; all are changed together. */
  readonly otherHosts: readonly { readonly host: string; readonly port: number | undefined }[];
  readonly dbname: string | undefined;
  /** The database that holds the user, where the server keeps users in databases. */
  readonly authSource: string | undefined;
  readonly username: string;
  readonly password: SecretValue;
  readonly masterArn: string | undefined;
  /** From `ssl`: true is `verify-full`, false is `disable`, both also as text in any case; a mode is itself. */
  readonly tlsMode: TlsMode | undefined;
  /** From `sslrootcert`: a PEM certificate, not a path. */
  readonly tlsCa: string | undefined;
  /** The pair of alternating users, as `[first, alternate]`, once a rotation has recorded it in `alternateusers`. */
  readonly alternateUsers: readonly [string, string] | undefined;
}

export interface AdminSecret {
  readonly username: string;
  readonly password: SecretValue;
  /** The server that the admin is of; the form that RDS manages names none. */
  readonly engine: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** From `authSource`, or else `dbname`. */
  readonly authSource: string | undefined;
  /** As in `DatabaseSecret`. */
  readonly tlsMode: TlsMode | undefined;
  readonly tlsCa: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const maximumHosts = 16;

const malformed = (field: string, problem: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { field, problem } });

function parseFields(value: SecretValue): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.reveal());
  } catch {
    throw malformed("(whole)", "not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw malformed("(whole)", "not an object");
  return parsed as Fields;
}

function text(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw malformed(field, "not a string");
  if (value.includes("\0")) throw malformed(field, "holds a NUL character");
  return value;
}

function requiredText(fields: Fields, field: string): string {
  const value = text(fields, field);
  if (value === undefined) throw malformed(field, "missing");
  return value;
}

function parsePort(fields: Fields): number | undefined {
  const raw = fields["port"];
  if (raw === undefined || raw === null || raw === "") return undefined;
  const port = typeof raw === "string" && /^\d{1,5}$/.test(raw) ? Number(raw) : raw;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw malformed("port", "not a port number");
  }
  return port;
}

function parseOtherHosts(fields: Fields): DatabaseSecret["otherHosts"] {
  const raw = fields["hosts"];
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || raw.length > maximumHosts)
    throw malformed("hosts", `not a list of up to ${maximumHosts} hosts`);
  const own = { host: requiredText(fields, "host").toLowerCase(), port: parsePort(fields) };
  return raw
    .map((entry: unknown) => {
      const [, host, port] =
        (typeof entry === "string" && /^([^\s:]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(entry)) || [];
      if (host === undefined) throw malformed("hosts", "not a host or host:port");
      return { host, port: port === undefined ? own.port : parsePort({ port }) };
    })
    .filter(({ host, port }) => host.toLowerCase() !== own.host || port !== own.port);
}

function parseTlsMode(fields: Fields): TlsMode | undefined {
  const raw = fields["ssl"];
  if (raw === undefined || raw === null || raw === "") return undefined;
  const said = typeof raw === "string" ? raw.toLowerCase() : raw;
  if (said === true || said === "true") return "verify-full";
  if (said === false || said === "false") return "disable";
  const mode = tlsModes.find((known) => known === raw);
  if (mode === undefined) throw malformed("ssl", "neither true, false nor a TLS mode");
  return mode;
}

function parsePair(fields: Fields): readonly [string, string] | undefined {
  const raw = fields["alternateusers"];
  if (raw === undefined) return undefined;
  if (!Array.isArray(raw) || raw.length !== 2) throw malformed("alternateusers", "not a list of two names");
  const [first, alternate] = raw as readonly unknown[];
  if (
    typeof first !== "string" ||
    typeof alternate !== "string" ||
    first === "" ||
    alternate === "" ||
    first === alternate
  ) {
    throw malformed("alternateusers", "not a list of two different names");
  }
  return [first, alternate];
}

/** Reads AWS's secret JSON. Errors: `secret-malformed`, which names the field and never a value. */
export function parseDatabaseSecret(value: SecretValue): DatabaseSecret {
  const fields = parseFields(value);
  return {
    engine: requiredText(fields, "engine"),
    host: requiredText(fields, "host"),
    port: parsePort(fields),
    otherHosts: parseOtherHosts(fields),
    dbname: text(fields, "dbname"),
    authSource: text(fields, "authSource"),
    username: requiredText(fields, "username"),
    password: new SecretValue(requiredText(fields, "password")),
    masterArn: text(fields, "masterarn"),
    tlsMode: parseTlsMode(fields),
    tlsCa: text(fields, "sslrootcert"),
    alternateUsers: parsePair(fields),
  };
}

/** Reads an admin secret: RDS-managed ones hold only `username` and `password`. Errors: `secret-malformed`. */
export function parseAdminSecret(value: SecretValue): AdminSecret {
  const fields = parseFields(value);
  return {
    username: requiredText(fields, "username"),
    password: new SecretValue(requiredText(fields, "password")),
    engine: text(fields, "engine"),
    host: text(fields, "host"),
    port: parsePort(fields),
    authSource: text(fields, "authSource") ?? text(fields, "dbname"),
    tlsMode: parseTlsMode(fields),
    tlsCa: text(fields, "sslrootcert"),
  };
}

/**
 * The same secret with another credential. Every other field is kept; fields derived from the credential (`url`,
 * `jdbcUrl`, `DATABASE_URL`) and those of `templates` are rendered anew. Errors: `secret-malformed` when a field holds the
 * old password in a form that cannot be rendered, since it would go stale, and for a template that cannot be rendered.
 */
export function withCredential(
  value: SecretValue,
  credential: { readonly username: string; readonly password: SecretValue },
  alternateUsers?: readonly [string, string],
): SecretValue {
  const old = parseDatabaseSecret(value);
  const fields: Record<string, unknown> = {
    ...parseFields(value),
    username: credential.username,
    password: credential.password.reveal(),
    ...(alternateUsers === undefined ? {} : { alternateusers: alternateUsers }),
  };
  const templated = renderTemplates(fields);
  const derived = renderDerivedFields(fields, old, credential, new Set(Object.keys(templated)));
  return new SecretValue(JSON.stringify({ ...fields, ...derived, ...templated }));
}
