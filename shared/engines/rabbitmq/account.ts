import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { pathSegment } from "../connecting/basic-api.ts";
import type { Change, Management, Operation } from "./management.ts";
import type { StoredPassword } from "./password-hash.ts";

/** What the server stores of a user. */
export interface Account {
  readonly user: string;
  /** Freely chosen words; those that the server knows give rights to the management API. */
  readonly tags: readonly string[];
  /** How its password is kept; absent where it has none. */
  readonly stored?: StoredPassword;
}

const misbehaved = (operation: Operation): RekeyError =>
  new RekeyError("server-misbehaved", { context: { operation, problem: "answer of another form" } });

/** Errors: `account-unsupported`. */
const segment = (name: string): string =>
  pathSegment(name, "the user, or of a virtual host or an exchange that it has a right on,");

export const userPath = (user: string): string => `users/${segment(user)}`;

/** A list, and in older versions a text with commas. */
export function tagsIn(tags: unknown): readonly string[] | undefined {
  const list: unknown = typeof tags === "string" ? tags.split(",").filter((tag) => tag !== "") : tags;
  return Array.isArray(list) && list.every((tag) => typeof tag === "string") ? list : undefined;
}

/** `undefined` for a user that does not exist. */
export async function readAccount(
  management: Management,
  user: string,
  call: CallOptions,
): Promise<Account | undefined> {
  const found = await management.read("read user", userPath(user), call);
  if (found === undefined) return undefined;
  const [tags, hash] = [tagsIn(memberAt(found, "tags")), memberAt(found, "password_hash")];
  const algorithm = memberAt(found, "hashing_algorithm");
  if (memberAt(found, "name") !== user || tags === undefined || typeof hash !== "string") throw misbehaved("read user");
  if (hash === "") return { user, tags };
  return { user, tags, stored: { hash: new SecretValue(hash), algorithm: String(algorithm) } };
}

/** A user that logs in by something else than a password is not given one. Errors: `account-unsupported`. */
export function requirePassword({ user, stored }: Account): StoredPassword {
  if (stored !== undefined) return stored;
  throw new RekeyError("account-unsupported", {
    context: { user, property: "no password" },
    hint: "the user has no password and logs in by a certificate or a token: give it one by hand, or take another user",
  });
}

/** One permission, topic permission or limit of a user: where it is written, and what is written there. */
export interface Right {
  readonly path: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where each kind of right is read, and how one is written for a user. */
interface Kind {
  readonly read: (user: string) => string;
  readonly rightsOf: (entry: unknown, user: string) => readonly Right[] | undefined;
}

const textsAt = (entry: unknown, names: readonly string[]): Readonly<Record<string, string>> | undefined => {
  const pairs = names.map((name): [string, unknown] => [name, memberAt(entry, name)]);
  return pairs.every((pair): pair is [string, string] => typeof pair[1] === "string")
    ? Object.fromEntries(pairs)
    : undefined;
};

const kinds: readonly Kind[] = [
  {
    read: (user) => `${userPath(user)}/permissions`,
    rightsOf(entry, user) {
      const { vhost, ...json } = textsAt(entry, ["vhost", "configure", "write", "read"]) ?? {};
      if (vhost === undefined) return undefined;
      return [{ path: `permissions/${segment(vhost)}/${segment(user)}`, json }];
    },
  },
  {
    read: (user) => `${userPath(user)}/topic-permissions`,
    rightsOf(entry, user) {
      const { vhost, ...json } = textsAt(entry, ["vhost", "exchange", "write", "read"]) ?? {};
      if (vhost === undefined) return undefined;
      return [{ path: `topic-permissions/${segment(vhost)}/${segment(user)}`, json }];
    },
  },
  {
    read: (user) => `user-limits/${segment(user)}`,
    rightsOf(entry, user) {
      const limits = memberAt(entry, "value");
      if (typeof limits !== "object" || limits === null) return undefined;
      return Object.entries(limits).map(([name, value]: [string, unknown]) => ({
        path: `user-limits/${segment(user)}/${segment(name)}`,
        json: { value },
      }));
    },
  },
];

/** What a user may do and how much of it, as it would be written for the user `named`. */
export async function readRights(
  management: Management,
  user: string,
  named: string,
  call: CallOptions,
): Promise<readonly Right[]> {
  const rights: Right[] = [];
  for (const { read, rightsOf } of kinds) {
    const entries = (await management.read("read permissions", read(user), call)) ?? [];
    if (!Array.isArray(entries)) throw misbehaved("read permissions");
    for (const entry of entries) {
      const found = rightsOf(entry, named);
      if (found === undefined) throw misbehaved("read permissions");
      rights.push(...found);
    }
  }
  return rights;
}

/** A topic permission is of one exchange, which its path names only where it is deleted. */
const nameOf = ({ path, json }: Right): string =>
  typeof json["exchange"] === "string" ? `${path}/${segment(json["exchange"])}` : path;
const contentOf = ({ json }: Right): string => JSON.stringify(json, Object.keys(json).toSorted());

/** The changes after which `held` is `wanted`. */
export function rightChanges(held: readonly Right[], wanted: readonly Right[]): readonly Change[] {
  const operation = "bring the pair in step";
  const before = new Map(held.map((right) => [nameOf(right), contentOf(right)]));
  const after = new Set(wanted.map(nameOf));
  return [
    ...wanted
      .filter((right) => before.get(nameOf(right)) !== contentOf(right))
      .map(({ path, json }) => ({ operation, method: "PUT", path, json }) as const),
    ...held
      .filter((right) => !after.has(nameOf(right)))
      .map((right) => ({ operation, method: "DELETE", path: nameOf(right) }) as const),
  ];
}
