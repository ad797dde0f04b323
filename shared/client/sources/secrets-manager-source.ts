import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { BatchReadingApi } from "../../aws/signed/secrets-manager-api.ts";
import { secretsManagerReads } from "./secrets-manager-reads.ts";
import type { SecretSource } from "./secret-source.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { SecretSource } from "./secret-source.ts";

/** Secrets Manager's reading operations over the AWS SDK. */
export const sdkReads = (sdk: SecretsManagerClient): BatchReadingApi => ({
  getSecretValue: async (input, options) => sdk.send(new GetSecretValueCommand(input), options),
  describeSecret: async (input, options) => sdk.send(new DescribeSecretCommand(input), options),
  batchGetSecretValue: async (input, options) => sdk.send(new BatchGetSecretValueCommand(input), options),
});

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
