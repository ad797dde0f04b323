import { PutSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SecretAdministration } from "../../ports/secret-administration.ts";
import { translateError } from "../errors/translate-error.ts";

/** PutSecretValue under one label. Secrets Manager keeps the secret's key. */
export const putLabelled =
  (client: SecretsManagerClient): SecretAdministration["putLabelled"] =>
  async (secretId, { versionId, value, label }, call) => {
    const command = new PutSecretValueCommand({
      SecretId: secretId,
      ClientRequestToken: versionId,
      SecretString: value.reveal(),
      VersionStages: [label],
    });
    try {
      await client.send(command, { abortSignal: call.signal });
    } catch (error) {
      throw translateError(error, call, { operation: "PutSecretValue", secret: secretId });
    }
  };
