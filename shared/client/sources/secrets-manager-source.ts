import {
  type APIErrorType,
  BatchGetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { RekeyError } from "../../errors/rekey-error.ts";
import { secretContent } from "../../aws/secrets-manager/secret-content.ts";
import { secretsManagerStore } from "../../aws/secrets-manager/secret-store.ts";
import { translateError } from "../../aws/errors/translate-error.ts";
import { isSameSecret } from "../secret-id.ts";
import type { SecretSource, SourceAnswer } from "./secret-source.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { SecretSource } from "./secret-source.ts";

/** What the SDK's errors look like where a batch reports one of its secrets. */
const clientError = ({ ErrorCode, Message }: APIErrorType): object => ({
  name: ErrorCode,
  message: Message,
  $metadata: { httpStatusCode: 400 },
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
export function secretsManagerSource(sdk: SecretsManagerClient): Required<SecretSource> {
  const { read } = secretsManagerStore(sdk);

  return {
    read,
    async readMany(secretIds, call) {
      const operation = "BatchGetSecretValue";
      const command = new BatchGetSecretValueCommand({ SecretIdList: [...secretIds] });
      const answer = await sdk.send(command, { abortSignal: call.signal }).catch((error: unknown) => {
        throw translateError(error, call, { operation, secret: `${secretIds.length} secrets` });
      });
      const { SecretValues = [], Errors = [] } = answer;

      function outcome(secretId: string): SourceAnswer | RekeyError | undefined {
        const refused = Errors.find(({ SecretId = "" }) => isSameSecret(SecretId, secretId));
        if (refused !== undefined) {
          return translateError(clientError(refused), call, { operation, secret: secretId });
        }
        const found = SecretValues.find(({ ARN = "" }) => isSameSecret(ARN, secretId));
        const value = found && secretContent(found, secretId);
        if (found?.VersionId === undefined || value === undefined) return undefined;
        return {
          versionId: found.VersionId,
          value,
          ...(found.ARN && { secretArn: found.ARN }),
          ...(found.CreatedDate && { createdAt: found.CreatedDate }),
        };
      }
      return new Map(secretIds.map((secretId) => [secretId, outcome(secretId)]));
    },
  };
}
