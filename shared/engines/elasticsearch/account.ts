import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { pathSegment } from "../connecting/basic-api.ts";
import { type Identity, misbehaved, type SecurityApi, securityPath } from "./security-api.ts";

export type Metadata = Readonly<Record<string, unknown>>;

/** What the server stores of a user that belongs to a pair as a whole; never the hash, which it does not show. */
export interface Properties {
  readonly roles: readonly string[];
  readonly full_name: string | null;
  readonly email: string | null;
  readonly metadata: Metadata;
  readonly enabled: boolean;
}

export interface Account extends Properties {
  readonly user: string;
}

const unsupported = (user: string, property: string, hint: string): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property }, hint });

/**
 * A user's name in a path. The server reads a comma as the end of a name, and has paths of its own that begin with `_`, such as
 * `_password`, which would change the session's own user. Errors: `account-unsupported`.
 */
export function segment(user: string): string {
  const encoded = pathSegment(user, "the user");
  if (/^_|,/.test(user)) {
    throw unsupported(
      user,
      "a name that the API reads otherwise",
      "take a name without a comma that does not begin with _",
    );
  }
  return encoded;
}

const mostLevels = 20;

/** What JSON in JavaScript hands on as it was read. Of metadata nothing may be lost, since it may give rights. */
function isKept(value: unknown, levels = mostLevels): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) || !Number.isInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isKept(inner, levels - 1));
}

export const isTable = (value: unknown): value is Metadata =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (list: unknown): list is readonly string[] =>
  Array.isArray(list) && list.every((text) => typeof text === "string");
const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === "string";

function accountIn(found: unknown, user: string): Account {
  const [roles, enabled, metadata] = [
    memberAt(found, "roles"),
    memberAt(found, "enabled"),
    memberAt(found, "metadata"),
  ];
  const [fullName, email] = [memberAt(found, "full_name") ?? null, memberAt(found, "email") ?? null];
  const isWhole = isTexts(roles) && typeof enabled === "boolean" && isTable(metadata);
  if (!isWhole || !isTextOrNull(fullName) || !isTextOrNull(email) || memberAt(found, "username") !== user) {
    throw misbehaved("read user");
  }
  if (metadata["_reserved"] === true)
    throw unsupported(user, "reserved", "this user is the server's own: make another one for services");
  if (!enabled)
    throw unsupported(
      user,
      "disabled",
      "the server lets a disabled user in by no password: enable it, or take it out of the secret",
    );
  if (!isKept(metadata)) {
    throw unsupported(
      user,
      "metadata that is not kept",
      `metadata may have ${mostLevels} levels, and whole numbers up to 2^53`,
    );
  }
  return { user, roles, full_name: fullName, email, metadata, enabled };
}

/**
 * Those of these users that are in the native realm, in one answer. Of several names a server whose users cannot be read now
 * says so; of a single one it says that there is none. Errors: `account-unsupported` for a user that rekey does not change.
 */
export async function readAccounts(
  api: SecurityApi,
  users: readonly string[],
  call: CallOptions,
): Promise<ReadonlyMap<string, Account>> {
  const path = `${securityPath}/user/${users.map(segment).join(",")}`;
  const answer = (await api.read("read user", path, call)) ?? {};
  if (!isTable(answer)) throw misbehaved("read user");
  const found = users.filter((user) => Object.hasOwn(answer, user));
  // A server that has looked a name up in another way, or under another name, has not answered.
  if (found.length !== Object.keys(answer).length) throw misbehaved("read user");
  return new Map(found.map((user) => [user, accountIn(answer[user], user)]));
}

const notNative =
  "rekey changes users of the native realm alone; file, LDAP, SAML and others keep their users elsewhere";

/** Errors: `account-unsupported` for a session that is no native user's. */
export function requireNative({ username, realmType, isReserved }: Identity): void {
  if (isReserved || realmType === "reserved") {
    throw unsupported(username, "reserved", "this user is the server's own: make another one for services");
  }
  if (realmType !== "native") throw unsupported(username, "not in the native realm", notNative);
}

/** Errors: `account-unsupported` where the native realm has no such user. */
export async function requireNativeUser(api: SecurityApi, user: string, call: CallOptions): Promise<void> {
  if ((await readAccounts(api, [user], call)).size === 0) throw unsupported(user, "not in the native realm", notNative);
}
