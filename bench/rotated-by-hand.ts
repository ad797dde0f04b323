import { randomUUID } from "node:crypto";
import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";

/**
 * What a rotation comes to, without a function: the next value is AWSPENDING, the server is given its password, the label
 * AWSCURRENT moves. Returns the version's id.
 */
export async function rotatedByHand(
  secretsManager: SecretsManagerClient,
  options: {
    readonly secretId: string;
    readonly from: string;
    readonly value: object;
    readonly change: () => Promise<unknown>;
  },
): Promise<string> {
  const { secretId: SecretId, from, value, change } = options;
  const versionId = randomUUID();
  await secretsManager.send(
    new PutSecretValueCommand({
      SecretId,
      ClientRequestToken: versionId,
      SecretString: JSON.stringify(value),
      VersionStages: ["AWSPENDING"],
    }),
  );
  await change();
  await secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: versionId,
      RemoveFromVersionId: from,
    }),
  );
  return versionId;
}
