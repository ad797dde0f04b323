import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { eventBridgePublisher, silentPublisher } from "../aws/eventbridge/event-publisher.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { EventPublisher } from "../ports/event-publisher.ts";
import type { SecretAdministration, SecretCatalogue } from "../ports/secret-administration.ts";
import { assumedRole } from "../aws/sts/assumed-role.ts";
import { putLabelled } from "../aws/secrets-manager/put-labelled.ts";
import { secretVersions } from "../aws/secrets-manager/secret-versions.ts";
import { secretCatalogue } from "../aws/secrets-manager/secret-catalogue.ts";
import { secretsManagerStore } from "../aws/secrets-manager/secret-store.ts";
import type { Environment } from "./environment.ts";
import { defined } from "../secrets/defined.ts";

/** The SDK waits without limit by default; three tries of these fit into a step. */
export const sdkLimits = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;

export const sqsClient = (): SQSClient => new SQSClient(sdkLimits);
export const dynamoDbClient = (): DynamoDBClient => new DynamoDBClient(sdkLimits);

/** A rotation step takes as long as a rotation function may run, and is not begun twice. */
export const lambdaClient = (): LambdaClient =>
  new LambdaClient({ maxAttempts: 1, requestHandler: { ...sdkLimits.requestHandler, requestTimeout: 45_000 } });

/** `SECRETS_MANAGER_ENDPOINT` is the name that AWS's sample functions use; the SDK's own variables work too. */
function secretsManagerClient(
  environment: Environment,
  keys: Pick<SecretsManagerClientConfig, "credentials"> = {},
): SecretsManagerClient {
  const endpoint = environment.text("SECRETS_MANAGER_ENDPOINT");
  return new SecretsManagerClient({ ...sdkLimits, ...keys, ...defined({ endpoint }) });
}

/** The keys of the function's role, as the SDK resolves and renews them. */
export const environmentKeys = async (): ReturnType<SecretsManagerClient["config"]["credentials"]> =>
  new SecretsManagerClient({}).config.credentials();

export const environmentStore = (environment: Environment): SecretStore =>
  secretsManagerStore(secretsManagerClient(environment));

/** Secrets Manager with the keys of a role, which `REKEY_ACCOUNT_EXTERNAL_ID` is shown to. */
export function roleStore(environment: Environment, roleArn: string): SecretStore {
  const region = environment.text("AWS_REGION") ?? "us-east-1";
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const endpoint = environment.text("AWS_ENDPOINT_URL_STS") ?? environment.text("AWS_ENDPOINT_URL");
  const credentials = assumedRole({
    credentials: environmentKeys,
    roleArn,
    externalId: environment.text("REKEY_ACCOUNT_EXTERNAL_ID"),
    sessionName: environment.text("AWS_LAMBDA_FUNCTION_NAME") ?? "rekey",
    region,
    endpoint: endpoint ?? `https://sts.${region}.${domain}`,
  });
  return secretsManagerStore(secretsManagerClient(environment, { credentials }));
}

export const putLabelledSecret = (environment: Environment): SecretAdministration["putLabelled"] =>
  putLabelled(secretsManagerClient(environment));

export const environmentVersions = (environment: Environment): SecretAdministration["versions"] =>
  secretVersions(secretsManagerClient(environment));

export const environmentCatalogue = (environment: Environment): SecretCatalogue =>
  secretCatalogue(secretsManagerClient(environment));

/**
 * The bus that `EVENT_BUS_NAME` names. What it does not take, Secrets Manager's repetition of the step brings again, or the
 * queue that feeds the function.
 */
export function environmentPublisher(environment: Environment): EventPublisher {
  const eventBusName = environment.text("EVENT_BUS_NAME");
  return eventBusName === undefined
    ? silentPublisher
    : eventBridgePublisher(new EventBridgeClient(sdkLimits), eventBusName);
}
