import { ListSecretVersionIdsCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SecretAdministration } from "../../ports/secret-administration.ts";
import { translateError } from "../errors/translate-error.ts";

/** The newest 100 versions of a secret in one call, newest first. Errors: those of the store. */
export const secretVersions =
  (client: SecretsManagerClient): SecretAdministration["versions"] =>
  async (secretId, call) => {
    const list = new ListSecretVersionIdsCommand({ SecretId: secretId, IncludeDeprecated: true, MaxResults: 100 });
    try {
      const { Versions = [] } = await client.send(list, { abortSignal: call.signal });
      return Versions.map(({ VersionId = "", VersionStages = [], CreatedDate }) => ({
        versionId: VersionId,
        labels: VersionStages,
        createdAt: CreatedDate ?? new Date(0),
      })).sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
    } catch (error) {
      throw translateError(error, call, { operation: "ListSecretVersionIds", secret: secretId });
    }
  };
