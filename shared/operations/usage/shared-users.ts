import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { managedUsers } from "../doctor/managed-users.ts";

export interface SharedUsers {
  /** By ARN the other secrets that hold the same user of the same server. */
  readonly sharedWith: ReadonlyMap<string, readonly string[]>;
  /** Those that could not be read, or hold no user of a database. */
  readonly skipped: readonly string[];
}

/** Reads AWSCURRENT of each and compares server and user; what it returns has ARNs alone. Errors: `time-budget-spent`. */
export async function sharedUsers(
  store: Pick<SecretStore, "read">,
  secretArns: readonly string[],
  call: CallOptions,
): Promise<SharedUsers> {
  const users = managedUsers();
  const read = new Map<string, DatabaseSecret>();
  const skipped: string[] = [];
  for (const secretArn of secretArns) {
    try {
      const version = await store.read(secretArn, { label: "AWSCURRENT" }, call);
      if (version === undefined) {
        skipped.push(secretArn);
        continue;
      }
      const secret = parseDatabaseSecret(version.value);
      users.claim(secretArn, secret);
      read.set(secretArn, secret);
    } catch (error) {
      if (!isRekeyError(error) || error.code === "time-budget-spent") throw error;
      skipped.push(secretArn);
    }
  }
  const shared = [...read].map(([arn, secret]) => [arn, [...users.sharedWith(arn, secret).keys()]] as const);
  return { sharedWith: new Map(shared.filter(([, others]) => others.length > 0)), skipped };
}
