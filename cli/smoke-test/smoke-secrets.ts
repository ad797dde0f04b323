import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { awsCall } from "../../shared/account/aws-failure.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../shared/rotation/ports.ts";
import { tagKey, type SmokeNames } from "./smoke-names.ts";

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
    { Key: tagKey, Value: id },
    { Key: "rekey:subscribers", Value: "smoke-test" },
  ];
  const { ARN = "" } = await awsCall({ operation: "CreateSecret", resource: Name }, call, async (options) =>
    client.send(new CreateSecretCommand({ Name, SecretString, Tags }), options),
  );
  return ARN;
}

/** Deletes the run's secrets for good, by their names and their tag. Returns the names. */
export async function removeSecrets(
  client: SecretsManagerClient,
  { id, secretPrefix }: SmokeNames,
  call: CallOptions,
): Promise<readonly string[]> {
  const removed: string[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSecretsCommand({ Filters: [{ Key: "name", Values: [secretPrefix] }], NextToken });
    const page = await awsCall({ operation: "ListSecrets", resource: "*" }, call, async (options) =>
      client.send(command, options),
    );
    for (const { ARN: SecretId, Name = "", Tags } of page.SecretList ?? []) {
      const isOurs = Tags?.some(({ Key, Value }) => Key === tagKey && Value === id) === true;
      if (!isOurs || !Name.startsWith(secretPrefix)) continue;
      await awsCall({ operation: "DeleteSecret", resource: Name }, call, async (options) =>
        client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }), options),
      );
      removed.push(Name);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return removed;
}
