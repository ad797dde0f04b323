import { RekeyError } from "../errors/rekey-error.ts";
import type {
  Credential,
  CredentialIssuer,
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  PasswordChange,
  UserPairing,
} from "../rotation/ports.ts";
import { SecretValue } from "../secrets/secret-value.ts";

type MemorySession = DatabaseSession & PasswordChange & UserPairing & DualPasswords;

/** Database servers in memory, one for each host name: users with passwords, and a count of refused logins. */
export interface MemoryEngine extends DatabaseEngine<MemorySession>, CredentialIssuer {
  /** Makes these the passwords of a user. */
  give(username: string, passwords: readonly string[], host?: string): void;
  accepts(credential: Credential, host?: string): boolean;
  refusedLogins(): number;
  logins(): number;
  /** Hosts that cannot be reached. */
  readonly unreachable: Set<string>;
}

export const memoryHost = "db";

export function memoryEngine(): MemoryEngine {
  const passwords = new Map<string, readonly SecretValue[]>();
  const alternates = new Map<string, string>();
  const unreachable = new Set<string>();
  let refused = 0;
  let logins = 0;
  let issues = 0;
  const keyOf = (host: string, username: string): string => `${host} ${username}`;
  const accepts = ({ username, password }: Credential, host = memoryHost): boolean =>
    passwords.get(keyOf(host, username))?.some((known) => known.equals(password)) === true;

  const session = (host: string): MemorySession => ({
    async setPassword({ username, password }) {
      passwords.set(keyOf(host, username), [password]);
    },
    async syncPair({ first, alternate, isGranted }, { username, password }) {
      if (passwords.has(keyOf(host, alternate)) && alternates.get(alternate) !== first && !isGranted) {
        throw new RekeyError("user-collision", { context: { first, alternate } });
      }
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
      if (accepts(credential, host)) return { ok: true, session: session(host) };
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
