import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type SecretListEntry,
  type SecretsManagerClient,
  type SecretVersionsListEntry,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription, SecretStore } from "../../ports/secret-store.ts";
import { versionReads } from "./version-reads.ts";
import { translateError } from "../errors/translate-error.ts";
import { defined } from "../../secrets/defined.ts";

/**
 * Who manages the secret in place of rekey: the AWS service that owns it, or the partner that its type names. AWS sets
 * OwningService. Anyone who may call UpdateSecret sets a type, so that it counts only while Secrets Manager rotates without a
 * function, which it does for partners alone. Names and tags are not looked at: anyone may choose them.
 */
export function managerOf({
  OwningService,
  Type,
  RotationEnabled = false,
  RotationLambdaARN,
}: Pick<SecretListEntry, "OwningService" | "Type" | "RotationEnabled" | "RotationLambdaARN">): {
  readonly managedBy?: string;
} {
  const isPartners = RotationEnabled && RotationLambdaARN === undefined;
  const managedBy = OwningService ?? (isPartners ? Type : undefined);
  return defined({ managedBy });
}

/** Of a hundred versions each. */
const mostPages = 5;

/** A version may be encrypted by another key than the newest one. */
const isKeyTrouble = (error: unknown): boolean =>
  isRekeyError(error, "access-denied") || isRekeyError(error, "key-denied") || isRekeyError(error, "key-unusable");

/**
 * Secrets Manager over the AWS SDK. Every method is one call when all goes well. Errors: `access-denied`, `clock-skewed`,
 * `credentials-expired`, `credentials-missing`, `credentials-refused`, `key-denied`, `key-unusable`, `quota-exceeded`,
 * `secret-deleted`, `secret-not-found`, `store-rejected`, `store-throttled`, `store-unavailable`, `time-budget-spent`,
 * `tls-refused`, `version-conflict`.
 */
export function secretsManagerStore(client: SecretsManagerClient): SecretStore {
  async function attempt<Result>(
    operation: string,
    secret: string,
    call: CallOptions,
    work: (options: { abortSignal: AbortSignal }) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work({ abortSignal: call.signal });
    } catch (error) {
      throw translateError(error, call, { operation, secret });
    }
  }

  const describe = async (secretId: string, call: CallOptions): Promise<SecretDescription> =>
    attempt("DescribeSecret", secretId, call, async (options) => {
      const answer = await client.send(new DescribeSecretCommand({ SecretId: secretId }), options);
      return {
        secretArn: answer.ARN ?? secretId,
        name: answer.Name ?? secretId,
        rotationEnabled: answer.RotationEnabled ?? false,
        ...managerOf(answer),
        labels: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
        tags: new Map((answer.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
        ...defined({
          kmsKeyId: answer.KmsKeyId,
          rotationFunctionArn: answer.RotationLambdaARN,
          lastRotatedAt: answer.LastRotatedDate,
          nextRotationAt: answer.NextRotationDate,
          changedAt: answer.LastChangedDate,
          deletedAt: answer.DeletedDate,
        }),
        replicas: new Map(
          (answer.ReplicationStatus ?? []).map(({ Region = "", Status = "InProgress" }) => [Region, Status]),
        ),
      };
    });

  const read = versionReads({
    getSecretValue: async (input, options) => client.send(new GetSecretValueCommand(input), options),
    describeSecret: async (input, options) => client.send(new DescribeSecretCommand(input), options),
  });

  /** In no order of Secrets Manager's, so all of them; it keeps about a hundred, and more of the last day. */
  const listVersions = async (secretId: string, call: CallOptions): Promise<readonly SecretVersionsListEntry[]> => {
    const found: SecretVersionsListEntry[] = [];
    let NextToken: string | undefined;
    for (let page = 1; page === 1 || (NextToken !== undefined && page <= mostPages); page++) {
      const list = new ListSecretVersionIdsCommand({
        SecretId: secretId,
        IncludeDeprecated: true,
        MaxResults: 100,
        NextToken,
      });
      const answer = await attempt("ListSecretVersionIds", secretId, call, async (options) =>
        client.send(list, options),
      );
      found.push(...(answer.Versions ?? []));
      // An emulator ends its list with an empty one.
      NextToken = answer.NextToken === "" ? undefined : answer.NextToken;
    }
    return found;
  };

  const clearPending: SecretStore["clearPending"] = async (request, call) => {
    const removal = {
      SecretId: request.secretId,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: request.versionId,
    };
    try {
      await attempt("UpdateSecretVersionStage", request.secretId, call, async (options) =>
        client.send(new UpdateSecretVersionStageCommand(removal), options),
      );
    } catch (error) {
      if (!isRekeyError(error, "store-rejected")) throw error;
      const { labels } = await describe(request.secretId, call);
      if (labels.get(request.versionId)?.includes("AWSPENDING") === true) throw error;
    }
  };

  return {
    describe,
    read,
    async unlabelled(secretId, limit, call) {
      const listed = await listVersions(secretId, call);
      const newest = listed
        .filter(({ VersionStages = [] }) => !VersionStages.some((label) => label.startsWith("AWS")))
        .sort((one, other) => Number(other.CreatedDate ?? 0) - Number(one.CreatedDate ?? 0))
        .slice(0, limit);
      const versions = await Promise.all(
        newest.map(async ({ VersionId = "" }) =>
          read(secretId, { versionId: VersionId }, call).catch((error: unknown) => {
            // Encrypted by a key that is gone since; the others may still be read.
            if (isKeyTrouble(error)) return undefined;
            throw error;
          }),
        ),
      );
      return versions.filter((version) => version !== undefined);
    },
    async putPending(request, value, call) {
      await attempt("PutSecretValue", request.secretId, call, async (options) =>
        client.send(
          new PutSecretValueCommand({
            SecretId: request.secretId,
            ClientRequestToken: request.versionId,
            SecretString: value.reveal(),
            VersionStages: ["AWSPENDING"],
            // With it Secrets Manager knows an assumed role for that of the rotation. No other call takes one.
            RotationToken: request.rotationToken,
          }),
          options,
        ),
      );
    },
    async promote(request, { from }, call) {
      const move = {
        SecretId: request.secretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: request.versionId,
        RemoveFromVersionId: from,
      };
      await attempt("UpdateSecretVersionStage", request.secretId, call, async (options) => {
        try {
          await client.send(new UpdateSecretVersionStageCommand(move), options);
        } catch (error) {
          // The move may have happened: its answer was lost, or another invocation of this step made it.
          const { labels } = await describe(request.secretId, call);
          if (labels.get(request.versionId)?.includes("AWSCURRENT") !== true) throw error;
        }
      });
    },
    async mark(request, label, call) {
      const { labels } = await describe(request.secretId, call);
      const holder = [...labels].find(([, on]) => on.includes(label))?.[0];
      if (holder === request.versionId) return;
      const move = {
        SecretId: request.secretId,
        VersionStage: label,
        MoveToVersionId: request.versionId,
        ...defined({ RemoveFromVersionId: holder }),
      };
      await attempt("UpdateSecretVersionStage", request.secretId, call, async (options) =>
        client.send(new UpdateSecretVersionStageCommand(move), options),
      );
    },
    clearPending,
  };
}
