import { RekeyError } from "../errors/rekey-error.ts";
import { secretNameIn } from "../rotation/secret-name.ts";
import { parseUserArn } from "../secrets/user-arn.ts";
import type { HostAndPort, RotationGrants, UserGrant } from "../rotation/grants.ts";
import { tlsModes } from "../secrets/secret-fields.ts";
import type { Environment } from "./environment.ts";

const invalid = (option: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint });

/**
 * Reads `key=item item,key=item`, the form of every variable that grants something. A key may be given several times, and
 * may hold `=`; an item may not. Errors: `option-invalid`, naming the variable and the entry that cannot be read.
 */
function parseGrants<Item>(
  environment: Environment,
  variable: string,
  read: (item: string) => Item | undefined,
  form: string,
): ReadonlyMap<string, readonly Item[]> {
  const grants = new Map<string, Item[]>();
  for (const entry of environment.list(variable)) {
    const [, key, list = ""] = /^(\S+)\s*=([^=]*)$/u.exec(entry) ?? [];
    const items = list.trim().split(/\s+/u).map(read);
    const complete = items.filter((item) => item !== undefined);
    if (key === undefined || complete.length !== items.length) {
      throw invalid(variable, `cannot read "${entry.slice(0, 200)}"`, `write each entry as ${form}`);
    }
    grants.set(key, [...(grants.get(key) ?? []), ...complete]);
  }
  return grants;
}

/** `host:port`, `[address]:port` for IPv6. */
function hostAndPort(text: string): HostAndPort | undefined {
  const [, host, port] = /^([^\s:@]+|\[[0-9a-f:.]+\]):([1-9]\d{0,4})$/iu.exec(text) ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

/** `user@host:port`; a user with `,`, `=`, `@` or a space in its name has them percent-encoded. */
function userGrant(text: string): UserGrant | undefined {
  const at = text.lastIndexOf("@");
  const target = hostAndPort(text.slice(at + 1));
  if (at < 1 || target === undefined) return undefined;
  try {
    return { username: decodeURIComponent(text.slice(0, at)), ...target };
  } catch {
    return undefined;
  }
}

/**
 * What a rotation function's environment grants: `REKEY_ADMIN_SECRETS`, `REKEY_ADMIN_TARGETS`, `REKEY_ADMIN_TLS` and
 * `REKEY_USER_GRANTS`. Read at the cold start, so that a faulty entry does not wait for a rotation. Errors: `option-invalid`,
 * naming the variable and the entry.
 */
export function rotationGrants(environment: Environment): RotationGrants {
  const targets = parseGrants(environment, "REKEY_ADMIN_TARGETS", hostAndPort, "<admin ARN>=<host>:<port> …");
  const arns = environment.list("REKEY_ADMIN_SECRETS");
  const unknown = [...targets.keys()].find((arn) => !arns.includes(arn));
  if (unknown !== undefined) {
    throw invalid("REKEY_ADMIN_TARGETS", `${unknown.slice(0, 200)} is not in REKEY_ADMIN_SECRETS`);
  }
  const said = environment.text("REKEY_ADMIN_TLS") ?? "verify-full";
  const adminTls = tlsModes.find((mode) => mode === said);
  if (adminTls === undefined) throw invalid("REKEY_ADMIN_TLS", "not a TLS mode", `use one of ${tlsModes.join(", ")}`);
  return {
    admins: new Map(arns.map((arn) => [arn, targets.get(arn) ?? []])),
    adminTls,
    users: parseGrants(environment, "REKEY_USER_GRANTS", userGrant, "<secret name>=<user>@<host>:<port> …"),
  };
}

/**
 * Vault's static roles that `REKEY_VAULT_ROLES` grants, as `mount/role` by the name of the secret. Errors: as for
 * `rotationGrants`.
 */
export const vaultRoleGrants = (environment: Environment): ReadonlyMap<string, readonly string[]> =>
  parseGrants(
    environment,
    "REKEY_VAULT_ROLES",
    (path) => (/^[^/].*\/[^/]+$/u.test(path) ? path : undefined),
    "<secret name>=<mount>/<role> …",
  );

/** A name of IAM, with `,` and `=` percent-encoded. */
function iamUser(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return /^[\w+=,.@-]{1,64}$/u.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The IAM users that `REKEY_IAM_USERS` grants, by the name of the secret. A user is one secret's alone, since it has two keys.
 * Errors: as for `rotationGrants`.
 */
export function iamUserGrants(environment: Environment): ReadonlyMap<string, readonly string[]> {
  const variable = "REKEY_IAM_USERS";
  const grants = parseGrants(environment, variable, iamUser, "<secret name>=<user> …");
  const users = [...grants.values()].flat();
  const twice = users.find((user, index) => users.indexOf(user) !== index);
  if (twice !== undefined) throw invalid(variable, `grants ${twice} twice`, "give each user to one secret");
  return grants;
}

/** `api` or `api:account`, the account with `,`, `=` and what else is no part of an entry percent-encoded. */
function apiGrant(text: string): { readonly api: string; readonly account: string } | undefined {
  const [, api, encoded = ""] = /^([a-z0-9][a-z0-9-]*)(?::(.+))?$/u.exec(text) ?? [];
  try {
    const account = decodeURIComponent(encoded);
    const isAccount = /^[\x21-\x7e]{0,256}$/u.test(account) && account !== "." && account !== "..";
    return api === undefined || !isAccount ? undefined : { api, account };
  } catch {
    return undefined;
  }
}

/**
 * The API of `REKEY_HTTP_APIS` that `REKEY_HTTP_API_GRANTS` grants, with the account's name in it, by the name of the secret; a secret
 * holds one key. Errors: as for `rotationGrants`.
 */
export function httpApiGrants(
  environment: Environment,
): ReadonlyMap<string, { readonly api: string; readonly account: string }> {
  const variable = "REKEY_HTTP_API_GRANTS";
  const grants = parseGrants(environment, variable, apiGrant, "<secret name>=<api>:<account>");
  return new Map(
    [...grants].map(([secretName, [grant, ...others]]) => {
      if (grant !== undefined && others.length === 0) return [secretName, grant] as const;
      throw invalid(variable, `grants several APIs to ${secretName}`, "give each secret one API");
    }),
  );
}

/**
 * Users of ElastiCache and MemoryDB that `REKEY_CACHE_USERS` grants, by ARN, to the secret of that name. The variables of AWS's
 * sample function, `SECRET_ARN` and `USER_NAME`, grant nothing and limit all to that secret and that user name. Errors: as for `rotationGrants`.
 */
export function cacheUserGrants(
  environment: Environment,
): (choice: { readonly secretName: string; readonly arn: string; readonly username: string }) => boolean {
  const grants = parseGrants(
    environment,
    "REKEY_CACHE_USERS",
    (arn) => (parseUserArn(arn) === undefined ? undefined : arn),
    "<secret name>=<user ARN> …",
  );
  const onlySecret = environment.text("SECRET_ARN");
  const onlyUser = environment.text("USER_NAME");
  return ({ secretName, arn, username }) =>
    grants.get(secretName)?.includes(arn) === true &&
    (onlySecret === undefined || secretNameIn(onlySecret) === secretName) &&
    (onlyUser === undefined || onlyUser === username);
}

/** The name of a secret that MSK reads, in its ARN. */
const mskSecret = /^arn:[^:\s]+:secretsmanager:[^:\s]+:\d{12}:secret:AmazonMSK_[\w/+.@-]+-[A-Za-z0-9]{6}$/u;

/**
 * The secrets of a pair of MSK's users that `REKEY_MSK_SECRETS` grants, by ARN, to the secret of that name. A user is one
 * secret's alone, since two rotations would take it from each other. Errors: as for `rotationGrants`.
 */
export function mskSecretGrants(environment: Environment): ReadonlyMap<string, readonly string[]> {
  const variable = "REKEY_MSK_SECRETS";
  const form = "<secret name>=<ARN of an AmazonMSK_… secret> <ARN of the other user's>";
  const grants = parseGrants(environment, variable, (arn) => (mskSecret.test(arn) ? arn : undefined), form);
  const all = [...grants.values()].flat();
  const twice = all.find((arn, index) => all.indexOf(arn) !== index);
  if (twice !== undefined) throw invalid(variable, `grants ${twice} twice`, "give each to one secret");
  const other = [...grants].find(([, arns]) => arns.length !== 2);
  if (other === undefined) return grants;
  throw invalid(variable, `grants ${other[1].length} to ${other[0]}`, "grant two, those of the pair's users");
}
