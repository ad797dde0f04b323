import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { CredentialIssuer, DatabaseEngine } from "../../ports/database-engine.ts";
import type { RotationStrategy } from "./strategy.ts";

/**
 * The server makes the credential itself (Vault's static roles, an API with two keys), in createSecret, and rekey stores
 * it: there is nothing to set, and nothing to restore but what the server holds.
 */
export function issued(engine: DatabaseEngine & CredentialIssuer): RotationStrategy {
  return {
    name: "issued",
    replacesCurrent: false,
    nextChangesServer: true,
    async next(current, { target, call, lastRotatedAt }, newPassword) {
      // What could not be stored is refused before the server makes it.
      withCredential(current, { ...parseDatabaseSecret(current), password: newPassword() });
      const next = await engine.issue(target, parseDatabaseSecret(current), call, { lastRotatedAt });
      return withCredential(current, next, next.members);
    },
    expectedUsername: () => undefined,
    set: async () => undefined,
    restore: async () => undefined,
    retire: async (current, { target, call }) => engine.revokeOthers(target, current, call),
  };
}
