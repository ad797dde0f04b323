import { setTimeout } from "node:timers/promises";
import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { adoptionTable } from "../aws/dynamodb/adoption-table.ts";
import type { CampaignPorts } from "../operations/campaign/campaign-options.ts";
import type { FleetPorts } from "../operations/fleet/fleet-ports.ts";
import { cloudTrail } from "../aws/cloudtrail/audit-trail.ts";
import { stepLog } from "../aws/cloudwatch-logs/step-log.ts";
import { secretAdministration } from "../aws/secrets-manager/secret-administration.ts";
import { secretListing } from "../aws/secrets-manager/secret-listing.ts";
import { secretsManagerStore } from "../aws/secrets-manager/secret-store.ts";
import type { Environment } from "./environment.ts";
import { campaignTeller } from "./campaign-teller.ts";
import { defined } from "../secrets/defined.ts";
import { operatorLimits } from "./operator-limits.ts";
import { environmentViews } from "./vault-mirror.ts";

/**
 * What views of secrets, campaigns and rollbacks work with, for the operator's own credentials as the SDK finds them. The
 * adoption table is the one that `REKEY_ADOPTION_TABLE` names, Vault the one of mirror-to-vault's variables, or several, each
 * by its connection; without them neither is looked at. Errors: `option-invalid`.
 */
export function operatorPorts(
  environment: Environment,
  connections: ReadonlyMap<string, Environment> = new Map(),
): FleetPorts & CampaignPorts {
  const secretsManager = new SecretsManagerClient(operatorLimits);
  const store = secretsManagerStore(secretsManager);
  const table = environment.text("REKEY_ADOPTION_TABLE");
  return {
    store,
    listing: secretListing(secretsManager),
    administration: secretAdministration(secretsManager),
    log: stepLog(new CloudWatchLogsClient(operatorLimits)),
    trail: cloudTrail(new CloudTrailClient(operatorLimits)),
    mirrors: environmentViews(environment, store, connections),
    ...(table === undefined ? {} : { adoptions: adoptionTable(new DynamoDBClient(operatorLimits), table) }),
    ...defined({ tellEnd: campaignTeller(environment, store) }),
    nowMs: Date.now,
    pause: async (ms, { signal }) =>
      setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
  };
}
