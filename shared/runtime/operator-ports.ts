import { setTimeout } from "node:timers/promises";
import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { adoptionTable } from "../adoptions/adoption-table.ts";
import type { CampaignPorts } from "../operations/campaign/campaign-options.ts";
import type { FleetPorts } from "../operations/fleet/ports.ts";
import { cloudTrail } from "../records/cloudtrail.ts";
import { stepLog } from "../records/step-log.ts";
import { secretAdministration } from "../stores/secret-administration.ts";
import { secretListing } from "../stores/secret-listing.ts";
import { secretsManagerStore } from "../stores/secrets-manager.ts";
import type { Environment } from "./environment.ts";
import { environmentViews } from "./vault-mirror.ts";

/** An operator waits longer than a function may, and shares the account's rates with everything that runs in it. */
const limits = {
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
} as const;

/**
 * What views of secrets, campaigns and rollbacks work with, for the operator's own credentials as the SDK finds them. The
 * adoption table is the one that `REKEY_ADOPTION_TABLE` names, Vault the one of mirror-to-vault's variables, or several, each
 * by its connection; without them neither is looked at. Errors: `option-invalid`.
 */
export function operatorPorts(
  environment: Environment,
  connections: ReadonlyMap<string, Environment> = new Map(),
): FleetPorts & CampaignPorts {
  const secretsManager = new SecretsManagerClient(limits);
  const store = secretsManagerStore(secretsManager);
  const table = environment.text("REKEY_ADOPTION_TABLE");
  return {
    store,
    listing: secretListing(secretsManager),
    administration: secretAdministration(secretsManager),
    log: stepLog(new CloudWatchLogsClient(limits)),
    trail: cloudTrail(new CloudTrailClient(limits)),
    mirrors: environmentViews(environment, store, connections),
    ...(table === undefined ? {} : { adoptions: adoptionTable(new DynamoDBClient(limits), table) }),
    nowMs: Date.now,
    pause: async (ms, { signal }) =>
      setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
  };
}
