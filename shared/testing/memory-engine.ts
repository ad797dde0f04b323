import { RekeyError } from "../errors/rekey-error.ts";
import type { Credential, DatabaseSession, PairingEngine, UserPairing } from "../rotation/ports.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

/** A database server in memory: users with passwords, and a count of refused logins. */
export interface MemoryEngine extends PairingEngine {
  readonly users: Map<string, SecretValue>;
  accepts(credential: Credential): boolean;
  refusedLogins(): number;
  logins(): number;
}

export function memoryEngine(): MemoryEngine {
  const users = new Map<string, SecretValue>();
  const alternates = new Map<string, string>();
  let refused = 0;
  let logins = 0;
  const accepts = ({ username, password }: Credential): boolean => users.get(username)?.equals(password) === true;

  const session: DatabaseSession & UserPairing = {
    async setPassword({ username, password }) {
      users.set(username, password);
    },
    async syncPair({ first, alternate, named }, { username, password }) {
      if (users.has(alternate) && alternates.get(alternate) !== first && !named) {
        throw new RekeyError("user-collision", { context: { first, alternate } });
      }
      alternates.set(alternate, first);
      users.set(username, password);
    },
    async [Symbol.asyncDispose]() {},
  };
  return {
    capabilities: { alternatingUsers: true, dualPassword: false, hashesPasswordOnClient: true },
    names: ["memory"],
    defaultPort: 1,
    defaultDatabase: "memory",
    maxUsernameBytes: 63,
    users,
    accepts,
    refusedLogins: () => refused,
    logins: () => logins,
    async login(_target, credential) {
      logins++;
      if (accepts(credential)) return { ok: true, session };
      refused++;
      return { ok: false, refusal: "bad-credential" };
    },
  };
}
