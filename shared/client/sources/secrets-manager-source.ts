import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { sdkReads } from "./sdk-reads.ts";
import { secretsManagerReads } from "./secrets-manager-reads.ts";
import type { SecretSource } from "./secret-source.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { SecretSource } from "./secret-source.ts";

/**
 * Secrets Manager over the AWS SDK, with BatchGetSecretValue for `prefetch`. Errors: those of rekey's store.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { secretsManagerSource } from "rekey/client/secrets-manager";
 *
 * const source = secretsManagerSource(new SecretsManagerClient({ region: "eu-central-1" }));
 * ```
 */
export const secretsManagerSource = (sdk: SecretsManagerClient): Required<SecretSource> =>
  secretsManagerReads(sdkReads(sdk));
