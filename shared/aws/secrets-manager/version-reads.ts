import type {
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
} from "@aws-sdk/client-secrets-manager";
import { isRekeyError } from "../../errors/reading-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore, VersionSelector } from "../../ports/secret-store.ts";
import { defined } from "../../secrets/defined.ts";
import { awsErrorName, translateError } from "../errors/translate-error.ts";
import { secretContent } from "./secret-content.ts";

interface Options {
  readonly abortSignal: AbortSignal;
}

/** What reading needs of Secrets Manager, by whoever sends it. Rejects with errors that have the members of the AWS SDK's. */
export interface ReadingApi {
  getSecretValue(input: GetSecretValueRequest, options: Options): Promise<GetSecretValueResponse>;
  describeSecret(
    input: { readonly SecretId: string },
    options: Options,
  ): Promise<Pick<DescribeSecretResponse, "VersionIdsToStages" | "DeletedDate">>;
}

/** Of GetSecretValue: no such secret, version, label or value, which AWS tells apart by words alone. */
export const isAbsent = (error: unknown): boolean => awsErrorName(error) === "ResourceNotFoundException";

/** Who may read a secret need not be allowed to describe it. */
function unlessDenied(error: unknown): void {
  if (!isRekeyError(error, "access-denied")) throw error;
}

/** A version's value, as the port has it. Errors: those of the store. */
export function versionReads(api: ReadingApi): SecretStore["read"] {
  async function describe(
    secretId: string,
    call: CallOptions,
  ): Promise<Awaited<ReturnType<ReadingApi["describeSecret"]>>> {
    try {
      return await api.describeSecret({ SecretId: secretId }, { abortSignal: call.signal });
    } catch (error) {
      throw translateError(error, call, { operation: "DescribeSecret", secret: secretId });
    }
  }

  /**
   * Whether a refusal of GetSecretValue means that there is no such version. AWS has one type of error for that and for a secret
   * that is not there, and one for a label that is on another version and for other refusals, so the secret itself is asked;
   * but not for the labels that most secrets lack. Errors: `secret-not-found`, for AWSCURRENT of no secret.
   */
  async function isNoVersion(
    secretId: string,
    at: VersionSelector,
    error: unknown,
    call: CallOptions,
  ): Promise<boolean> {
    if (isAbsent(error)) {
      if (at.label === "AWSCURRENT") await describe(secretId, call).catch(unlessDenied);
      return true;
    }
    if (at.label === undefined || at.versionId === undefined) return false;
    if (awsErrorName(error) !== "InvalidRequestException") return false;
    const { VersionIdsToStages = {}, DeletedDate } = await describe(secretId, call);
    return DeletedDate === undefined && VersionIdsToStages[at.versionId]?.includes(at.label) !== true;
  }

  return async (secretId, at, call) => {
    const input = { SecretId: secretId, VersionId: at.versionId, VersionStage: at.label };
    try {
      const answer = await api.getSecretValue(input, { abortSignal: call.signal });
      const value = secretContent(answer, secretId);
      if (answer.VersionId === undefined || value === undefined) return undefined;
      return {
        versionId: answer.VersionId,
        value,
        createdAt: answer.CreatedDate ?? new Date(0),
        ...defined({ secretArn: answer.ARN }),
      };
    } catch (error) {
      if (await isNoVersion(secretId, at, error, call)) return undefined;
      throw translateError(error, call, { operation: "GetSecretValue", secret: secretId });
    }
  };
}
