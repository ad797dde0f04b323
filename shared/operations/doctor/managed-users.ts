import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, SecretStore } from "../../rotation/ports.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { atOnce } from "../fleet/at-once.ts";
import type { Account } from "./account.ts";

/** Which rotated secrets manage which user of which server. */
export interface ManagedUsers {
  claim(secretArn: string, secret: DatabaseSecret): void;
  /** Each other secret that claims one of these users, with the first such user. */
  sharedWith(secretArn: string, secret: DatabaseSecret): ReadonlyMap<string, string>;
}

const usersOf = (secret: DatabaseSecret): readonly string[] => secret.alternateUsers ?? [secret.username];
const placeOf = ({ host, port }: DatabaseSecret, user: string): string =>
  JSON.stringify([host.toLowerCase(), port, user]);

export function managedUsers(): ManagedUsers {
  const claims = new Map<string, Set<string>>();
  return {
    claim(secretArn, secret) {
      for (const user of usersOf(secret)) {
        const place = placeOf(secret, user);
        claims.set(place, (claims.get(place) ?? new Set()).add(secretArn));
      }
    },
    sharedWith(secretArn, secret) {
      const shared = new Map<string, string>();
      for (const user of usersOf(secret)) {
        for (const other of claims.get(placeOf(secret, user)) ?? []) {
          if (other !== secretArn && !shared.has(other)) shared.set(other, user);
        }
      }
      return shared;
    },
  };
}

const secretsCompared = 200;
const readsAtOnce = 4;
const isOfNoMatter = (error: unknown): boolean =>
  isRekeyError(error, "access-denied") ||
  isRekeyError(error, "secret-malformed") ||
  isRekeyError(error, "secret-not-found") ||
  isRekeyError(error, "store-rejected");

/** Those of the account's rotated secrets, 200 at most; one that may not be read, or is of another form, is passed over. */
export async function managedUsersOf(
  { account, store }: { readonly account: Account; readonly store: Pick<SecretStore, "read"> },
  call: CallOptions,
): Promise<ManagedUsers> {
  const users = managedUsers();
  await atOnce(readsAtOnce, (await account.rotatedSecrets(secretsCompared, call)) ?? [], async (secretArn) => {
    try {
      const version = await store.read(secretArn, { label: "AWSCURRENT" }, call);
      if (version !== undefined) users.claim(secretArn, parseDatabaseSecret(version.value));
    } catch (error) {
      if (!isOfNoMatter(error)) throw error;
    }
  });
  return users;
}
