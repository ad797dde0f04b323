import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import { parseFields } from "../../secrets/secret-fields.ts";
import type { CredentialIssuer } from "../../ports/credential-issuer.ts";
import type { Credential, DatabaseEngine } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { RotationStrategy } from "./strategy.ts";

/**
 * The server makes the credential itself (Vault's static roles, an API with two keys), in createSecret, and rekey stores
 * it: there is nothing to set, and nothing to restore but what the server holds.
 *
 * @example
 * ```ts
 * import { type CredentialIssuer, type DatabaseEngine, issued } from "rekey/engine";
 *
 * const strategyOf = (engine: DatabaseEngine & CredentialIssuer) => issued(engine);
 * ```
 */
export function issued(engine: DatabaseEngine & CredentialIssuer): RotationStrategy {
  return {
    name: "issued",
    replacesCurrent: false,
    nextChangesServer: true,
    async next(value, { target, call, lastRotatedAt, earlier }, newPassword) {
      const current = parseDatabaseSecret(value);
      const stored = (next: Credential, credential = next): SecretValue =>
        withCredential(value, next, engine.computedMembers?.(parseFields(value), credential));
      // What could not be stored is refused before the server makes it.
      stored({ ...current, password: newPassword() }, current);
      return stored(await engine.issue(target, current, call, { lastRotatedAt, earlier }));
    },
    expectedUsername: () => undefined,
    set: async () => undefined,
    restore: async () => undefined,
    retire: async (current, { target, call }) => engine.revokeOthers(target, current, call),
  };
}
