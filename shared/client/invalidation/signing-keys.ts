import { isRekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { SecretClient } from "../secret-client.ts";

/**
 * The keys of a channel as a secret holds them, its whole text: AWSCURRENT and AWSPREVIOUS, so that the key can be rotated.
 * Through the client's cache. Errors: those of `get`.
 *
 * @example
 * ```ts
 * import type { SecretClient } from "rekey/client";
 * import { signingKeys } from "rekey/client/invalidation/redis";
 *
 * const keysOf = (client: SecretClient) => signingKeys(client, "prod/channel-key");
 * ```
 */
export const signingKeys =
  (client: SecretClient, secretId: string): (() => Promise<readonly SecretValue[]>) =>
  async () => {
    const current = await client.get(secretId);
    const previous = await client.get(secretId, { stage: "AWSPREVIOUS" }).catch((error: unknown) => {
      if (isRekeyError(error, "secret-not-found")) return undefined;
      throw error;
    });
    return [current, previous].flatMap((version) => (version === undefined ? [] : [version.value]));
  };
