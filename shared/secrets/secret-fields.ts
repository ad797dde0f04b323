import { isMembers } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "./secret-value.ts";

const ipv6 = /^\[?[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?\]?$/i;

/** Why a text is no host by itself, and what to do about it; `undefined` for a name, an address or a socket's path. */
function hostProblem(host: string): string | undefined {
  if (/\s/.test(host)) return "has a blank; remove it";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host)) return "is a URL; give the host name alone, without a scheme";
  if (host.startsWith("/")) return undefined;
  if (/^(?:[^:]*|\[.*\]):\d*$/.test(host)) return "ends with a port; move the port to the field port";
  if (/[,;]/.test(host)) return "names several hosts; give one here, and the others in the field hosts";
  if (/[/\\?#@'"]/.test(host)) return "has more than a host name in it; give the host name alone";
  if (host.endsWith(".")) return "ends with a dot; remove it";
  return host.includes(":") && !ipv6.test(host) ? "is neither a host name nor an address" : undefined;
}

export const tlsModes = ["verify-full", "verify-ca", "require", "disable"] as const;
export type TlsMode = (typeof tlsModes)[number];

/** The members of a secret's JSON. */
export type Fields = Readonly<Record<string, unknown>>;

export interface HostOfSecret {
  readonly host: string;
  readonly port: number | undefined;
}

const maximumHosts = 16;
const notBracketed = "is an IPv6 address without brackets; write [address] or [address]:port";

/** The error names the field and what is wrong with it, and never a value. */
export const malformed = (field: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { field, problem }, hint });

const hostHint = 'write a host as "host": "db.example.com", and its port in the field "port"';

/** Errors: `secret-malformed`, `secret-binary`. */
export function parseFields(value: SecretValue): Fields {
  const source = value.reveal();
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch {
    throw malformed("(whole)", "not JSON");
  }
  if (!isMembers(parsed)) throw malformed("(whole)", "not an object");
  return parsed;
}

/** A text that is neither empty nor `null`. */
export function textOf(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw malformed(field, "not a string");
  if (value.includes("\0")) throw malformed(field, "holds a NUL character");
  if (!value.isWellFormed()) throw malformed(field, "holds half of a character (a lone surrogate)");
  return value;
}

/** The named members, all of them there. One error names each that is missing. */
export function requiredTexts<Field extends string>(
  fields: Fields,
  names: readonly Field[],
): Readonly<Record<Field, string>> {
  const found = names.map((name) => [name, textOf(fields, name)] as const);
  const missing = found.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.length > 0) {
    const hint = `add ${missing.map((name) => `"${name}"`).join(" and ")} to the secret's JSON; see docs/reference/secret.md`;
    throw malformed(missing.join(", "), "missing", hint);
  }
  return Object.fromEntries(found) as Record<Field, string>;
}

/** The field `host`, a name or an address by itself. */
export function hostOf(fields: Fields): string | undefined {
  const host = textOf(fields, "host");
  const problem = host === undefined ? undefined : hostProblem(host);
  if (problem !== undefined) throw malformed("host", problem, hostHint);
  return host;
}

/** A port, as a number or as digits. */
export function parsePort(fields: Fields, field = "port"): number | undefined {
  const raw = fields["port"];
  if (raw === undefined || raw === null || raw === "") return undefined;
  const port = typeof raw === "string" && /^\d{1,5}$/.test(raw) ? Number(raw) : raw;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw malformed(field, "not a port number");
  }
  return port;
}

/** The field `hosts`, without the secret's own host and port. */
export function parseOtherHosts(fields: Fields): readonly HostOfSecret[] {
  const raw = fields["hosts"];
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || raw.length > maximumHosts)
    throw malformed("hosts", `not a list of up to ${maximumHosts} hosts`);
  const own = { host: hostOf(fields)?.toLowerCase(), port: parsePort(fields) };
  return raw
    .map((entry: unknown) => {
      if (typeof entry !== "string" || entry === "") throw malformed("hosts", "not a list of host or host:port");
      const [, host = "", port] = /^([^:]+|\[[^\]]*\])(?::(\d{1,5}))?$/.exec(entry) ?? ["", entry];
      const problem = hostProblem(host) ?? (host.includes(":") && !host.startsWith("[") ? notBracketed : undefined);
      if (problem !== undefined) throw malformed("hosts", `an entry ${problem}`, hostHint);
      return { host, port: port === undefined ? own.port : parsePort({ port }, "hosts") };
    })
    .filter(({ host, port }) => host.toLowerCase() !== own.host || port !== own.port);
}

/** The field `ssl`. */
export function parseTlsMode(fields: Fields): TlsMode | undefined {
  const raw = fields["ssl"];
  if (raw === undefined || raw === null || raw === "") return undefined;
  const said = typeof raw === "string" ? raw.toLowerCase() : raw;
  if (said === true || said === "true") return "verify-full";
  if (said === false || said === "false") return "disable";
  const mode = tlsModes.find((known) => known === raw);
  if (mode === undefined) throw malformed("ssl", "neither true, false nor a TLS mode");
  return mode;
}

/** The field `alternateusers`. */
export function parsePair(fields: Fields): readonly [string, string] | undefined {
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
