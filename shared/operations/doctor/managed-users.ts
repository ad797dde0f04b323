import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { atOnce } from "../fleet/at-once.ts";
import type { Account } from "../../ports/account.ts";

/** Which rotated secrets manage which user of which server. */
export interface ManagedUsers {
  claim(secretArn: string, secret: DatabaseSecret): void;
  /** Each other secret that claims one of these users, with the first such user. */
  sharedWith(secretArn: string, secret: DatabaseSecret): ReadonlyMap<string, string>;
}

const usersOf = (secret: DatabaseSecret): readonly string[] => secret.alternateUsers ?? [secret.username];
/** A user that a service keeps is the same one under every host that it logs in at. */
const placeOf = ({ host, port, userArn }: DatabaseSecret, user: string): string =>
  userArn ?? JSON.stringify([host.toLowerCase(), port, user]);

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

const secretsListed = 1_000;
const secretsCompared = 200;
const readsAtOnce = 4;
const canBeSkipped = (error: unknown): boolean =>
  isRekeyError(error, "access-denied") ||
  isRekeyError(error, "key-denied") ||
  isRekeyError(error, "key-unusable") ||
  isRekeyError(error, "secret-binary") ||
  isRekeyError(error, "secret-deleted") ||
  isRekeyError(error, "secret-malformed") ||
  isRekeyError(error, "secret-not-found") ||
  isRekeyError(error, "store-rejected");

/** Who manages which users, once the secrets that this function rotates are among them. Errors: those of the store. */
export type UsersOf = (functionArn: string | undefined, call: CallOptions) => Promise<ManagedUsers>;

/**
 * Reads, for each function that is asked about, the values of the secrets that it rotates, 200 at most, once: what that
 * function itself may read, and no other secret's. One that may not be read, or is of another form, is passed over.
 */
export function usersByFunction(
  { account, store }: { readonly account: Account; readonly store: Pick<SecretStore, "read"> },
  users: ManagedUsers = managedUsers(),
): UsersOf {
  const claimed = new Map<string, Promise<unknown>>();

  async function claimAll(functionArn: string, call: CallOptions): Promise<unknown> {
    const rotated = (await account.rotatedSecrets(secretsListed, call)) ?? [];
    const own = rotated.filter((one) => one.functionArn === functionArn).slice(0, secretsCompared);
    return atOnce(readsAtOnce, own, async ({ secretArn }) => {
      try {
        const version = await store.read(secretArn, { label: "AWSCURRENT" }, call);
        if (version !== undefined) users.claim(secretArn, parseDatabaseSecret(version.value));
      } catch (error) {
        if (!canBeSkipped(error)) throw error;
      }
    });
  }

  return async (functionArn, call) => {
    if (functionArn === undefined) return users;
    const claims = claimed.get(functionArn) ?? claimAll(functionArn, call);
    claimed.set(functionArn, claims);
    await claims;
    return users;
  };
}
