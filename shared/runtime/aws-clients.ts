import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type EventCarrier, eventBus } from "../publishers/bus.ts";
import { publisherOn, silentPublisher } from "../publishers/eventbridge.ts";
import { busOrOutbox, sqsOutbox } from "../publishers/outbox.ts";
import type { EventPublisher, SecretStore } from "../rotation/ports.ts";
import type { SecretCatalogue } from "../operations/ports.ts";
import { secretCatalogue } from "../stores/secret-catalogue.ts";
import { secretsManagerStore } from "../stores/secrets-manager.ts";
import type { Environment } from "./environment.ts";

/** The SDK waits without limit by default; three tries of these fit into a step. */
const limits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;

export const sqsClient = (): SQSClient => new SQSClient(limits);
export const dynamoDbClient = (): DynamoDBClient => new DynamoDBClient(limits);

/** A rotation step takes as long as a rotation function may run, and is not begun twice. */
export const lambdaClient = (): LambdaClient =>
  new LambdaClient({ maxAttempts: 1, requestHandler: { ...limits.requestHandler, requestTimeout: 45_000 } });

/** `SECRETS_MANAGER_ENDPOINT` is the name that AWS's sample functions use; the SDK's own variables work too. */
function secretsManagerClient(environment: Environment): SecretsManagerClient {
  const endpoint = environment.text("SECRETS_MANAGER_ENDPOINT");
  return new SecretsManagerClient({ ...limits, ...(endpoint === undefined ? {} : { endpoint }) });
}

export const environmentStore = (environment: Environment): SecretStore =>
  secretsManagerStore(secretsManagerClient(environment));

export const environmentCatalogue = (environment: Environment): SecretCatalogue =>
  secretCatalogue(secretsManagerClient(environment));

/** The bus that `EVENT_BUS_NAME` names. */
function environmentBus(environment: Environment): EventCarrier | undefined {
  const eventBusName = environment.text("EVENT_BUS_NAME");
  return eventBusName === undefined ? undefined : eventBus(new EventBridgeClient(limits), eventBusName);
}

/** For a function that a queue feeds: what it could not publish, the queue brings again. */
export function environmentPublisher(environment: Environment): EventPublisher {
  const bus = environmentBus(environment);
  return bus === undefined ? silentPublisher : publisherOn(bus);
}

/** For a rotation: when the bus is down, the event waits in the queue that `EVENT_OUTBOX_URL` names. */
export function environmentPublisherWithOutbox(environment: Environment): EventPublisher {
  const bus = environmentBus(environment);
  const queueUrl = environment.text("EVENT_OUTBOX_URL");
  if (bus === undefined) return silentPublisher;
  return publisherOn(queueUrl === undefined ? bus : busOrOutbox(bus, sqsOutbox(sqsClient(), queueUrl)));
}

/** The bus, for a function that has nothing to do without one. Errors: `option-invalid`. */
export function requiredBus(environment: Environment): EventCarrier {
  return eventBus(new EventBridgeClient(limits), environment.required("EVENT_BUS_NAME"));
}
