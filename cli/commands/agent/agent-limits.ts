import type { Credentials } from "../../../shared/aws/signed/credentials.ts";
import type { SearchingApi } from "../../../shared/aws/signed/secrets-manager-api.ts";
import type { InvalidationSource } from "../../../shared/client/invalidation/invalidation-source.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";

/** A key pair as the SDK's clients take it. */
interface AwsCredentialIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When the SDK asks for another one. */
  readonly expiration?: Date;
}

export const setUpMs = 10_000;

/** Of a request. The AWS SDK waits without limit by default, and the client cuts its requests off before these do. */
export const requestTimeoutMs = 4_000;
export const sdkLimits = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: requestTimeoutMs },
} as const;

/** A driver's error may hold an address with a password in it. */
export function unavailable(source: string): (error: unknown) => never {
  return (error) => {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new RekeyError("invalidation-unavailable", { context: { source, reason } });
  };
}

/** As whom, and where, the AWS SDK is called. Absent: as it finds out by itself. */
export interface SdkIdentity {
  readonly region?: string;
  readonly credentials?: () => Promise<AwsCredentialIdentity>;
}

/** Somebody of AWS's, and Secrets Manager as they reach it. */
export interface AgentIdentity {
  readonly api: SearchingApi;
  readonly credentials: Credentials;
  region(): Promise<string>;
}

export interface AgentPush {
  readonly source: InvalidationSource;
  /** Gives back what was made for this instance. */
  release(): Promise<void>;
}
