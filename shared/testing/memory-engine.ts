import { RekeyError } from "../errors/rekey-error.ts";
import type { CredentialIssuer } from "../ports/credential-issuer.ts";
import type {
  ChangeTerms,
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  OwnAccount,
  OwnAccountReading,
  PasswordChange,
  PlannedChange,
  Rehearsal,
  UserPair,
  UserPairing,
} from "../ports/database-engine.ts";
import type { ConnectionListing, HeldConnection } from "../ports/held-connections.ts";
import { SecretValue } from "../secrets/secret-value.ts";

type MemorySession = ConnectionListing &
  DatabaseSession &
  PasswordChange &
  UserPairing &
  DualPasswords &
  OwnAccountReading &
  Rehearsal;

/** A change of a user's password, by the user whose session made it. */
export interface MemoryChange {
  readonly by: string;
  readonly username: string;
  readonly terms: ChangeTerms | undefined;
  readonly own: OwnAccount | undefined;
}

/** Database servers in memory, one for each host name: users with passwords, and a count of refused logins. */
export interface MemoryEngine extends DatabaseEngine<MemorySession>, CredentialIssuer {
  /** Makes these the passwords of a user. */
  give(username: string, passwords: readonly string[], host?: string): void;
  accepts(credential: Credential, host?: string): boolean;
  refusedLogins(): number;
  logins(): number;
  /** Hosts that cannot be reached. */
  readonly unreachable: Set<string>;
  /** Users that may not change themselves. */
  readonly restricted: Set<string>;
  /** Connections that users have. A user without an entry is one of whom the server does not tell. */
  readonly held: Map<string, readonly HeldConnection[]>;
  /** Every change by `setPassword` and `syncPair`, in order. */
  readonly changes: readonly MemoryChange[];
  /** Every change that was rehearsed and would go well. */
  readonly rehearsals: readonly { readonly by: string; readonly change: PlannedChange }[];
}

export const memoryHost = "db";

export function memoryEngine(): MemoryEngine {
  const passwords = new Map<string, readonly SecretValue[]>();
  const alternates = new Map<string, string>();
  const unreachable = new Set<string>();
  const restricted = new Set<string>();
  const held = new Map<string, readonly HeldConnection[]>();
  const changes: MemoryChange[] = [];
  const rehearsals: { by: string; change: PlannedChange }[] = [];
  let refused = 0;
  let logins = 0;
  let issues = 0;
  const keyOf = (host: string, username: string): string => `${host} ${username}`;
  const accepts = ({ username, password }: Credential, host = memoryHost): boolean =>
    passwords.get(keyOf(host, username))?.some((known) => known.equals(password)) === true;

  function checkRights(by: string, { username }: Pick<Credential, "username">): void {
    if (by !== username || !restricted.has(by)) return;
    throw new RekeyError("database-rights-missing", { context: { user: by } });
  }
  function checkPair(host: string, { first, alternate, isGranted }: UserPair): void {
    if (!passwords.has(keyOf(host, alternate)) || alternates.get(alternate) === first || isGranted) return;
    throw new RekeyError("user-collision", { context: { first, alternate } });
  }

  const session = (host: string, by: string): MemorySession => ({
    connectionsOf: async (username) => held.get(username),
    readOwnAccount: async () => ({ passwordHash: `hash of ${by}` }),
    async rehearse(change) {
      if (change.method === "setPassword") checkRights(by, change.credential);
      if (change.method === "syncPair") checkPair(host, change.pair);
      rehearsals.push({ by, change });
    },
    async setPassword({ username, password }, _call, terms) {
      checkRights(by, { username });
      changes.push({ by, username, terms, own: terms?.own });
      passwords.set(keyOf(host, username), [password]);
    },
    async syncPair(pair, { username, password }) {
      checkPair(host, pair);
      const { first, alternate, own } = pair;
      changes.push({ by, username, terms: undefined, own });
      alternates.set(alternate, first);
      passwords.set(keyOf(host, username), [password]);
    },
    async keepBoth(current, next) {
      passwords.set(keyOf(host, current.username), [current.password, next.password]);
    },
    async keepOnly({ username, password }) {
      passwords.set(keyOf(host, username), [password]);
    },
    async [Symbol.asyncDispose]() {},
  });

  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["memory"],
    defaultPort: 1,
    defaultDatabase: "memory",
    maxUsernameBytes: 63,
    unreachable,
    restricted,
    held,
    changes,
    rehearsals,
    give(username, texts, host = memoryHost) {
      passwords.set(
        keyOf(host, username),
        texts.map((text) => new SecretValue(text)),
      );
    },
    accepts,
    refusedLogins: () => refused,
    logins: () => logins,
    async login({ host }, credential) {
      logins++;
      if (unreachable.has(host)) throw new RekeyError("database-unreachable", { context: { host } });
      if (accepts(credential, host)) return { ok: true, session: session(host, credential.username) };
      refused++;
      return { ok: false, refusal: "bad-credential" };
    },
    async issue({ host }, { username, password }) {
      const made = new SecretValue(`issued-${++issues}`);
      passwords.set(keyOf(host, username), [password, made]);
      return { username, password: made };
    },
    async revokeOthers({ host }, { username, password }) {
      passwords.set(keyOf(host, username), [password]);
    },
  };
}
