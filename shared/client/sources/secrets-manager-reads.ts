import type { APIErrorType } from "@aws-sdk/client-secrets-manager";
import { translateError } from "../../aws/errors/translate-error.ts";
import { secretContent } from "../../aws/secrets-manager/secret-content.ts";
import { versionReads } from "../../aws/secrets-manager/version-reads.ts";
import type { BatchReadingApi } from "../../aws/signed/secrets-manager-api.ts";
import type { RekeyError } from "../../errors/reading-error.ts";
import { isSameSecret } from "../secret-id.ts";
import type { SecretSource, SourceAnswer } from "./secret-source.ts";

const operation = "BatchGetSecretValue";

/** What the SDK's errors look like where a batch reports one of its secrets. */
const clientError = ({ ErrorCode, Message }: APIErrorType): object => ({
  name: ErrorCode,
  message: Message,
  $metadata: { httpStatusCode: 400 },
});

/** Secrets Manager as a source, by whoever sends its requests. Errors: those of rekey's store. */
export const secretsManagerReads = (api: BatchReadingApi): Required<SecretSource> => ({
  read: versionReads(api),
  async readMany(secretIds, call) {
    const answer = await api
      .batchGetSecretValue({ SecretIdList: [...secretIds] }, { abortSignal: call.signal })
      .catch((error: unknown) => {
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
});
