import { bareName } from "../client/secret-id.ts";
import type { SecretSource, SourceAnswer } from "../client/sources/secret-source.ts";
import { defined } from "../secrets/defined.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { isAbsent, type ReadingApi } from "../aws/secrets-manager/version-reads.ts";
import { translateError } from "../aws/errors/translate-error.ts";

/** GetSecretValue's answer with the names, the order and the kinds of values that AWS's agent gives them. */
interface SecretDocument {
  readonly ARN: string | null;
  readonly Name: string | null;
  readonly VersionId: string;
  readonly SecretString?: string | undefined;
  /** Base64. */
  readonly SecretBinary?: string | undefined;
  readonly VersionStages: readonly string[];
  /** Seconds since 1970. */
  readonly CreatedDate: string | null;
}

const secondsOf = (time: Date | undefined): string | null =>
  time === undefined ? null : String(time.getTime() / 1000);

const answerOf = (document: SecretDocument, createdAt: Date | undefined): SourceAnswer => ({
  versionId: document.VersionId,
  value: new SecretValue(JSON.stringify(document)),
  ...(document.ARN === null ? {} : { secretArn: document.ARN }),
  ...defined({ createdAt }),
});

/** Secrets Manager as a source whose values are whole answers, so that a read from the cache need not make one. */
export const secretsManagerDocuments = (api: Pick<ReadingApi, "getSecretValue">): SecretSource => ({
  async read(secretId, at, call) {
    const VersionId = "versionId" in at ? at.versionId : undefined;
    const VersionStage = "label" in at ? at.label : undefined;
    const input = { SecretId: secretId, VersionId, VersionStage };
    try {
      const found = await api.getSecretValue(input, { abortSignal: call.signal });
      if (found.VersionId === undefined) return undefined;
      const document: SecretDocument = {
        ARN: found.ARN ?? null,
        Name: found.Name ?? null,
        VersionId: found.VersionId,
        SecretString: found.SecretString,
        SecretBinary: found.SecretBinary === undefined ? undefined : Buffer.from(found.SecretBinary).toString("base64"),
        VersionStages: found.VersionStages ?? [],
        CreatedDate: secondsOf(found.CreatedDate),
      };
      return answerOf(document, found.CreatedDate);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw translateError(error, call, { operation: "GetSecretValue", secret: secretId });
    }
  },
});

/** The same of a source that knows values only, as Vault's mirror: the ARN is there where it was asked by it. */
export const asDocuments = ({ read }: SecretSource): SecretSource => ({
  async read(secretId, at, call) {
    const answer = await read(secretId, at, call);
    if (answer === undefined) return undefined;
    const document: SecretDocument = {
      ARN: secretId.startsWith("arn:") ? secretId : null,
      Name: bareName(secretId),
      VersionId: answer.versionId,
      SecretString: answer.value.reveal(),
      VersionStages: "label" in at ? [at.label] : [],
      CreatedDate: secondsOf(answer.createdAt),
    };
    return answerOf(document, answer.createdAt);
  },
});
