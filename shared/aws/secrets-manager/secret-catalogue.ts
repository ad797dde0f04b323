import { ListSecretsCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SecretCatalogue } from "../../ports/secret-administration.ts";
import { translateError } from "../errors/translate-error.ts";
import { defined } from "../../secrets/defined.ts";

/** Secrets Manager takes ten values in a filter, and reads a `!` before one as "not". */
const fitsFilter = (prefixes: readonly string[]): boolean =>
  prefixes.length > 0 && prefixes.length <= 10 && prefixes.every((prefix) => prefix !== "" && !prefix.startsWith("!"));

/**
 * ListSecrets: 100 calls a second in a region, 100 secrets a call, those that are scheduled for deletion among
 * them. Prefixes that it cannot filter by are not used.
 */
export function secretCatalogue(client: SecretsManagerClient): SecretCatalogue {
  return {
    async page({ cursor, namePrefixes }, call) {
      const command = new ListSecretsCommand({
        MaxResults: 100,
        IncludePlannedDeletion: true,
        NextToken: cursor,
        ...(fitsFilter(namePrefixes) ? { Filters: [{ Key: "name", Values: [...namePrefixes] }] } : {}),
      });
      try {
        const { SecretList = [], NextToken } = await client.send(command, { abortSignal: call.signal });
        const secretArns = SecretList.map(({ ARN }) => ARN).filter((arn) => arn !== undefined);
        return { secretArns, ...defined({ cursor: NextToken }) };
      } catch (error) {
        throw translateError(error, call, { operation: "ListSecrets", secret: "*" });
      }
    },
  };
}
