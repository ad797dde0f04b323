import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { eventBridgePublisher, silentPublisher } from "../publishers/eventbridge.ts";
import type { EventPublisher, SecretStore } from "../rotation/ports.ts";
import { secretsManagerStore } from "../stores/secrets-manager.ts";
import type { Environment } from "./environment.ts";

/** The SDK waits without limit by default; three tries of these fit into a step. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;

/** `SECRETS_MANAGER_ENDPOINT` is the name that AWS's sample functions use; the SDK's own variables work too. */
export function environmentStore(environment: Environment): SecretStore {
  const endpoint = environment.text("SECRETS_MANAGER_ENDPOINT");
  return secretsManagerStore(new SecretsManagerClient({ ...limits, ...(endpoint === undefined ? {} : { endpoint }) }));
}

export function environmentPublisher(environment: Environment): EventPublisher {
  const eventBusName = environment.text("EVENT_BUS_NAME");
  return eventBusName === undefined
    ? silentPublisher
    : eventBridgePublisher(new EventBridgeClient(limits), eventBusName);
}
