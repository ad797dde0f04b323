import { signedSecretsManager } from "../../aws/signed/secrets-manager-api.ts";
import { secretsManagerReads } from "./secrets-manager-reads.ts";
import type { SecretSource } from "./secret-source.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { SecretSource } from "./secret-source.ts";

export interface AwsSourceOptions {
  /** Default: `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  readonly region?: string;
  /** Scheme and host in place of AWS's own. Default: `AWS_ENDPOINT_URL_SECRETS_MANAGER`, then `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string;
  /** Default: `AWS_USE_FIPS_ENDPOINT`. */
  readonly useFips?: boolean;
  /** Default: `AWS_USE_DUALSTACK_ENDPOINT`. */
  readonly useDualStack?: boolean;
  /** Of a request, the first one among them. Default: 3, as the SDK's. */
  readonly maxAttempts?: number;
  /** Of each attempt. Default: 5,000. */
  readonly requestTimeoutMs?: number;
}

/**
 * Secrets Manager without the AWS SDK: signed requests, with the keys of the variables, of an ECS task, of an EKS Pod
 * Identity, or of an EC2 instance's role (IMDSv2). Profiles, SSO and web identities are the SDK's: take
 * `rekey/client/secrets-manager` for them. Errors: `option-invalid`; those of rekey's store.
 *
 * @example
 * ```ts
 * import { createSecretClient } from "rekey/client";
 * import { awsSource } from "rekey/client/aws";
 *
 * const client = createSecretClient({ source: awsSource() });
 * ```
 */
export const awsSource = (options: AwsSourceOptions = {}): Required<SecretSource> =>
  secretsManagerReads(signedSecretsManager(options, process.env));
