import {
  CancelRotateSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import type { SecretAdministration } from "../../ports/secret-administration.ts";
import type { CallOptions } from "../../ports/call.ts";
import { putLabelled } from "./put-labelled.ts";
import { secretVersions } from "./secret-versions.ts";
import { translateError } from "../errors/translate-error.ts";

/** Secrets Manager over the AWS SDK, with the operator's own rights. Every method is one call. */
export function secretAdministration(client: SecretsManagerClient): SecretAdministration {
  async function attempt<Answer>(
    operation: string,
    secret: string,
    call: CallOptions,
    work: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await work({ abortSignal: call.signal });
    } catch (error) {
      throw translateError(error, call, { operation, secret });
    }
  }
  return {
    versions: secretVersions(client),
    rotate: async (secretId, versionId, call) =>
      attempt("RotateSecret", secretId, call, async (options) => {
        await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: versionId }), options);
      }),
    enableRotation: async (secretId, { functionArn, schedule, versionId }, call) =>
      attempt("RotateSecret", secretId, call, async (options) => {
        const RotationRules =
          "everyDays" in schedule
            ? { AutomaticallyAfterDays: schedule.everyDays }
            : { ScheduleExpression: schedule.expression };
        const command = new RotateSecretCommand({
          SecretId: secretId,
          ClientRequestToken: versionId,
          RotationLambdaARN: functionArn,
          RotationRules,
          RotateImmediately: false,
        });
        await client.send(command, options);
      }),
    disableRotation: async (secretId, call) =>
      attempt("CancelRotateSecret", secretId, call, async (options) => {
        const { VersionId } = await client.send(new CancelRotateSecretCommand({ SecretId: secretId }), options);
        return VersionId;
      }),
    tag: async (secretId, tags, call) =>
      attempt("TagResource", secretId, call, async (options) => {
        const Tags = [...tags].map(([Key, Value]) => ({ Key, Value }));
        await client.send(new TagResourceCommand({ SecretId: secretId, Tags }), options);
      }),
    untag: async (secretId, tags, call) =>
      attempt("UntagResource", secretId, call, async (options) => {
        await client.send(new UntagResourceCommand({ SecretId: secretId, TagKeys: [...tags] }), options);
      }),
    putLabelled: putLabelled(client),
  };
}
