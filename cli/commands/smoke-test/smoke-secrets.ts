import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { awsErrorName } from "../../../shared/aws/errors/translate-error.ts";
import { smokeTestTag, subscribersTag } from "../../../shared/tags/tag-names.ts";

/** The text of a secret of the caller's, which is only read. */
export async function textOf(client: SecretsManagerClient, SecretId: string, call: CallOptions): Promise<string> {
  const { SecretString } = await awsCall({ operation: "GetSecretValue", resource: SecretId }, call, async (options) =>
    client.send(new GetSecretValueCommand({ SecretId }), options),
  );
  if (SecretString !== undefined) return SecretString;
  throw new RekeyError("secret-binary", { context: { secret: SecretId } });
}

/** Returns the ARN. */
export async function makeSecret(
  client: SecretsManagerClient,
  secret: { readonly name: string; readonly text: string; readonly id: string },
  call: CallOptions,
): Promise<string> {
  const { name: Name, text: SecretString, id } = secret;
  const Tags = [
    { Key: smokeTestTag, Value: id },
    { Key: subscribersTag, Value: "smoke-test" },
  ];
  const { ARN = "" } = await awsCall({ operation: "CreateSecret", resource: Name }, call, async (options) =>
    client.send(new CreateSecretCommand({ Name, SecretString, Tags }), options),
  );
  return ARN;
}

/**
 * Deletes one of the run's secrets for good. By its name: a list may be minutes late. Whether there was one. Errors:
 * `option-invalid` for a secret that is not the run's.
 */
export async function removeSecret(
  client: SecretsManagerClient,
  SecretId: string,
  id: string,
  call: CallOptions,
): Promise<boolean> {
  const Tags = await awsCall({ operation: "DescribeSecret", resource: SecretId }, call, async (options) => {
    try {
      return (await client.send(new DescribeSecretCommand({ SecretId }), options)).Tags ?? [];
    } catch (error) {
      if (awsErrorName(error) === "ResourceNotFoundException") return undefined;
      throw error;
    }
  });
  if (Tags === undefined) return false;
  if (!Tags.some(({ Key, Value }) => Key === smokeTestTag && Value === id)) {
    const context = { option: "clean-up", secret: SecretId, problem: `it has no tag ${smokeTestTag}=${id}` };
    throw new RekeyError("option-invalid", { context, hint: "it is not this run's: look at it yourself" });
  }
  await awsCall({ operation: "DeleteSecret", resource: SecretId }, call, async (options) =>
    client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }), options),
  );
  return true;
}
