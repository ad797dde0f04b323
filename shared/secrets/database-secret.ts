import { accountOf, credentialMembers, loginFields } from "./access-key-fields.ts";
import { type Credential, type Edit, edited } from "./connection-strings/credential.ts";
import { renderText } from "./connection-strings/render-text.ts";
import { isOwnField, renderDerivedFields } from "./derived-fields.ts";
import { type JsonValue, jsonValues } from "./json-text.ts";
import {
  type Fields,
  type HostOfSecret,
  hostOf,
  malformed,
  parseFields,
  parseOtherHosts,
  parsePair,
  parsePort,
  parseTlsMode,
  requiredTexts,
  textOf,
  type TlsMode,
} from "./secret-fields.ts";
import { SecretValue } from "./secret-value.ts";
import { renderTemplates } from "./templated-fields.ts";
import { parseUserArn } from "./user-arn.ts";

/** A database secret in AWS's JSON shape, its password unprintable. */
export interface DatabaseSecret {
  readonly engine: string;
  /** Empty where the secret names a user of a cache service by `user_arn` and no server. */
  readonly host: string;
  readonly port: number | undefined;
  /** From `hosts`: further servers that have the same user, `host` or `host:port`; all are changed together. */
  readonly otherHosts: readonly HostOfSecret[];
  readonly dbname: string | undefined;
  /** The database that holds the user, where the server keeps users in databases. */
  readonly authSource: string | undefined;
  /** From `sasl_mechanism`: what the password is for, where a user has one for each mechanism of SASL. */
  readonly saslMechanism: string | undefined;
  readonly username: string;
  readonly password: SecretValue;
  readonly masterArn: string | undefined;
  /** Whose credential it is, where the user name is that of an access key: from `UserName`. */
  readonly account: string | undefined;
  /** From `user_arn`: the user's own ARN, where a service of AWS keeps it. */
  readonly userArn: string | undefined;
  /** From `ssl`: true is `verify-full`, false is `disable`, both also as text in any case; a mode is itself. */
  readonly tlsMode: TlsMode | undefined;
  /** From `sslrootcert`: a PEM certificate, not a path. */
  readonly tlsCa: string | undefined;
  /** The pair of alternating users, as `[first, alternate]`, once a rotation has recorded it in `alternateusers`. */
  readonly alternateUsers: readonly [string, string] | undefined;
}

/** A credential with what its secret says of the server, as in `DatabaseSecret`; the form that RDS manages says nothing. */
export interface LoginSecret {
  readonly username: string;
  readonly password: SecretValue;
  readonly engine: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly dbname: string | undefined;
  readonly authSource: string | undefined;
  readonly saslMechanism: string | undefined;
  readonly tlsMode: TlsMode | undefined;
  readonly tlsCa: string | undefined;
}

type Login = Pick<LoginSecret, "username" | "password">;

export const isSameLogin = (one: Login, other: Login): boolean =>
  one.username === other.username && one.password.equals(other.password);

/** Reads a secret that may hold a user name and a password alone. Errors: `secret-malformed`, `secret-binary`. */
export function parseLoginSecret(value: SecretValue): LoginSecret {
  const fields = loginFields(value);
  const { username, password } = requiredTexts(fields, ["username", "password"]);
  return {
    username,
    password: new SecretValue(password),
    engine: textOf(fields, "engine"),
    host: hostOf(fields),
    port: parsePort(fields),
    dbname: textOf(fields, "dbname"),
    authSource: textOf(fields, "authSource"),
    saslMechanism: textOf(fields, "sasl_mechanism"),
    tlsMode: parseTlsMode(fields),
    tlsCa: textOf(fields, "sslrootcert"),
  };
}

/** Reads an admin secret: its `dbname` stands in for `authSource`. Errors: as above. */
export function parseAdminSecret(value: SecretValue): LoginSecret {
  const secret = parseLoginSecret(value);
  return { ...secret, authSource: secret.authSource ?? secret.dbname };
}

/** `user_arn` says which service keeps the user, and such a secret need name no server. */
function placeOf(fields: Fields): Pick<DatabaseSecret, "engine" | "host" | "userArn"> {
  const userArn = textOf(fields, "user_arn");
  const service = parseUserArn(userArn ?? "")?.service;
  if (service !== undefined && (textOf(fields, "engine") ?? service) === service) {
    return { engine: service, host: hostOf(fields) ?? "", userArn };
  }
  const { engine, host } = requiredTexts(fields, ["engine", "host", "username", "password"]);
  return { engine, host, userArn };
}

/**
 * Reads AWS's secret JSON. Errors: `secret-malformed`, which names the field, or each that is missing, and never a value;
 * `secret-binary`.
 */
export function parseDatabaseSecret(value: SecretValue): DatabaseSecret {
  const fields = loginFields(value);
  const place = placeOf(fields);
  return {
    ...parseLoginSecret(value),
    ...place,
    otherHosts: parseOtherHosts(fields),
    masterArn: textOf(fields, "masterarn"),
    account: accountOf(fields),
    alternateUsers: parsePair(fields),
  };
}

/** Readers of JSON take the first or the last of two. Where rekey neither reads nor writes one, that is not its concern. */
function requireOnce(members: readonly JsonValue[], written: ReadonlySet<string>): void {
  const seen = new Set<string>();
  for (const { member } of members) {
    const isOurs = isOwnField(member) || member === "templates" || written.has(member);
    if (isOurs && seen.has(member)) throw malformed(member, "occurs twice; keep one of them");
    seen.add(member);
  }
}

/** A template that has the old user name in it would put it next to the new password. */
function requireNoOldUser(templated: Readonly<Record<string, string>>, old: DatabaseSecret, next: Credential): void {
  for (const [field, text] of Object.entries(templated)) {
    const result = renderText(text, { ...old, password: next.password }, next);
    if ("text" in result && result.text !== text) {
      throw malformed(`templates.${field}`, "holds the user name itself; write {{username}}");
    }
  }
}

/**
 * The same secret with another credential: its text with nothing changed but the members that are rendered, byte for byte.
 * Those are the credential, what is derived from it (`url`, `jdbcUrl`, `DATABASE_URL`), what `templates` describes, and
 * `computed`: further members by name.
 * Errors: `secret-malformed` when a member holds the old credential in a form that cannot be rendered, since it would go
 * stale, for a template that cannot be rendered, and for a member that occurs twice.
 */
export function withCredential(value: SecretValue, credential: Credential, computed: Fields = {}): SecretValue {
  const old = parseDatabaseSecret(value);
  const source = value.reveal();
  const fields: Fields = parseFields(value);
  const { username } = credential;
  const password = credential.password.reveal();
  const templated = renderTemplates({ ...fields, username, password });
  if (username !== old.username) requireNoOldUser(templated, old, credential);
  const [userMember, passwordMember] = credentialMembers(fields);
  const rendered = new Map<string, unknown>([
    ...Object.entries({ ...computed, ...templated }),
    [userMember, username],
    [passwordMember, password],
  ]);

  const values = jsonValues(source);
  const members = values.filter(({ parent }) => parent === 0);
  requireOnce(members, new Set(rendered.keys()));
  const edits: Edit[] = [];
  const added: string[] = [];
  for (const [name, content] of rendered) {
    const text = JSON.stringify(content);
    const held = members.find(({ member }) => member === name);
    if (held === undefined) added.push(`,${JSON.stringify(name)}:${text}`);
    else if (JSON.stringify(fields[name]) !== text) edits.push({ start: held.start, end: held.end, text });
  }
  const end = members.at(-1)?.end ?? 0;
  return new SecretValue(
    edited(source, [
      ...edits,
      ...renderDerivedFields(values, old, credential, new Set(rendered.keys())),
      { start: end, end, text: added.join("") },
    ]),
  );
}
