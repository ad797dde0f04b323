import { asDocuments, secretsManagerDocuments } from "../../../shared/agent/documents.ts";
import { type BatchReadingApi, signedSecretsManager } from "../../../shared/aws/signed/secrets-manager-api.ts";
import { secretsManagerReads } from "../../../shared/client/sources/secrets-manager-reads.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { type AgentPush, requestTimeoutMs } from "./agent-limits.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What the agent's answers and a program's values are made of. */
interface SourceForm {
  readonly ofSecretsManager: (api: BatchReadingApi) => SecretSource;
  readonly ofVault: (mirror: SecretSource) => SecretSource;
}

/** Whether the variables name keys and a region, so that nothing of the AWS SDK's chain is needed to find them. */
function hasKeys(variables: Variables): boolean {
  const has = (name: string): boolean => Boolean(variables[name]);
  const isContainer = has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || has("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const areKeys = has("AWS_ACCESS_KEY_ID") && has("AWS_SECRET_ACCESS_KEY");
  const isTheSdks = has("AWS_PROFILE") || (!areKeys && has("AWS_WEB_IDENTITY_TOKEN_FILE"));
  return has("AWS_REGION") && (areKeys || isContainer) && !isTheSdks;
}

async function sourceOf(variables: Variables, form: SourceForm): Promise<SecretSource> {
  const environment = environmentOf(variables);
  const address = environment.text("VAULT_ADDR");
  if (address !== undefined) return (await import("./agent-sdk.ts")).vaultMirror(address, environment, form.ofVault);
  if (!hasKeys(variables)) return form.ofSecretsManager((await import("./agent-sdk.ts")).sdkApi());
  return form.ofSecretsManager(signedSecretsManager({ maxAttempts: 1, requestTimeoutMs }, variables));
}

/**
 * Secrets Manager, or Vault's mirror where `VAULT_ADDR` names one. The AWS SDK is loaded only where it is needed: for Vault's
 * login, and where the variables name no keys. Errors: those of the login, `option-invalid`.
 */
export const agentSource = async (variables: Variables): Promise<SecretSource> =>
  sourceOf(variables, { ofSecretsManager: secretsManagerDocuments, ofVault: asDocuments });

/** The same, with the secrets' own values. Errors: those of the login, `option-invalid`. */
export const valueSource = async (variables: Variables): Promise<SecretSource> =>
  sourceOf(variables, { ofSecretsManager: secretsManagerReads, ofVault: (source) => source });

/** The source of rotation events, if one is configured. Errors: `invalidation-unavailable`, within seconds. */
export async function agentPush(
  from: {
    readonly topicArn: string | undefined;
    readonly queueUrl: string | undefined;
    readonly redisUrl: string | undefined;
    readonly redisChannel: string;
    /** The secret whose text signs what is published on the channel. */
    readonly redisKeySecret: string | undefined;
    /** Whose events a queue of its own gets. Default: those of all secrets. */
    readonly secrets?: readonly string[];
  },
  signal: AbortSignal,
): Promise<AgentPush | undefined> {
  if (from.topicArn !== undefined) return (await import("./agent-queue.ts")).byTopic(from.topicArn, from.secrets);
  if (from.redisUrl !== undefined) {
    const { byRedis } = await import("./agent-redis.ts");
    return byRedis(from.redisUrl, from.redisChannel, from.redisKeySecret, signal);
  }
  return from.queueUrl === undefined ? undefined : (await import("./agent-queue.ts")).byQueue(from.queueUrl);
}
