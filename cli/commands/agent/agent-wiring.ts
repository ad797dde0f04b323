import { once } from "node:events";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createClient } from "@redis/client";
import { asDocuments, secretsManagerDocuments } from "../../../shared/agent/documents.ts";
import type { InvalidationSource } from "../../../shared/client/invalidation/invalidation-source.ts";
import { redisSource, signingKeys } from "../../../shared/client/invalidation/redis-source.ts";
import { sqsSource } from "../../../shared/client/invalidation/sqs-source.ts";
import { createSubscriberQueue } from "../../../shared/client/invalidation/subscriber-queue.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import { vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { environmentCa } from "../../../shared/runtime/environment-ca.ts";
import { environmentLogin } from "../../../shared/runtime/environment-login.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { reachedSource } from "./reached-source.ts";

const setUpMs = 10_000;
/** The SDK waits without limit by default. The client cuts its requests off before these do. */
const limits = { maxAttempts: 1, requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000 } } as const;
/** For the requests that the agent waits for when it starts and when it stops. */
const queueLimits = {
  maxAttempts: 2,
  requestHandler: { ...limits.requestHandler, throwOnRequestTimeout: true },
} as const;

type Variables = Readonly<Record<string, string | undefined>>;

async function sourceOf(
  variables: Variables,
  ofSecretsManager: (sdk: SecretsManagerClient) => SecretSource,
  ofVault: (source: SecretSource) => SecretSource,
): Promise<SecretSource> {
  const environment = environmentOf(variables);
  const sdk = new SecretsManagerClient(limits);
  const address = environment.text("VAULT_ADDR");
  if (address === undefined) return ofSecretsManager(sdk);
  const store = secretsManagerStore(sdk);
  return reachedSource(async () => {
    const call = { signal: AbortSignal.timeout(setUpMs) };
    const ca = await environmentCa(environment, "VAULT_CACERT", store)(call);
    return ofVault(
      vaultSource({
        address,
        login: await environmentLogin(environment, store, call),
        ...defined({
          namespace: environment.text("VAULT_NAMESPACE"),
          ca,
          mount: environment.text("VAULT_MOUNT"),
          pathPrefix: environment.text("VAULT_PATH_PREFIX"),
        }),
      }),
    );
  });
}

/** Secrets Manager, or Vault's mirror where `VAULT_ADDR` names one. Errors: those of the login, `option-invalid`. */
export const agentSource = async (variables: Variables): Promise<SecretSource> =>
  sourceOf(variables, secretsManagerDocuments, asDocuments);

/** The same, with the secrets' own values. Errors: those of the login, `option-invalid`. */
export const valueSource = async (variables: Variables): Promise<SecretSource> =>
  sourceOf(variables, secretsManagerSource, (source) => source);

export interface AgentPush {
  readonly source: InvalidationSource;
  /** Gives back what was made for this instance. */
  release(): Promise<void>;
}

/** A driver's error may hold an address with a password in it. */
function unavailable(source: string): (error: unknown) => never {
  return (error) => {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new RekeyError("invalidation-unavailable", { context: { source, reason } });
  };
}

async function byTopic(topicArn: string, secrets: readonly string[] | undefined): Promise<AgentPush> {
  const [sqs, sns] = [new SQSClient(queueLimits), new SNSClient(queueLimits)];
  const { queueUrl, remove } = await createSubscriberQueue({ sqs, sns, topicArn, ...defined({ secrets }) }).catch(
    unavailable(topicArn),
  );
  return { source: sqsSource({ sqs: new SQSClient({}), queueUrl }), release: remove };
}

/** The driver itself tries for ever, and waits for ever for a server that is silent. */
async function connected(redis: { connect(): Promise<unknown>; destroy(): void }, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(setUpMs)]);
  const late = once(limit, "abort").then(() => Promise.reject(new DOMException("no answer", "TimeoutError")));
  try {
    limit.throwIfAborted();
    await Promise.race([redis.connect(), late]);
  } catch (error) {
    redis.destroy();
    throw error;
  }
}

async function byRedis(
  url: string,
  channel: string,
  keySecret: string | undefined,
  signal: AbortSignal,
): Promise<AgentPush> {
  const redis = createClient({ url });
  // Without a listener the first cut connection would end the process.
  redis.on("error", () => undefined);
  await connected(redis, signal).catch(unavailable(`redis ${channel}`));
  if (keySecret === undefined) return { source: redisSource({ redis, channel }), release: async () => redis.destroy() };
  const client = createSecretClient({ source: secretsManagerSource(new SecretsManagerClient(limits)) });
  return {
    source: redisSource({ redis, channel, keys: signingKeys(client, keySecret) }),
    async release() {
      await client.close();
      redis.destroy();
    },
  };
}

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
  if (from.topicArn !== undefined) return byTopic(from.topicArn, from.secrets);
  if (from.redisUrl !== undefined) return byRedis(from.redisUrl, from.redisChannel, from.redisKeySecret, signal);
  const { queueUrl } = from;
  if (queueUrl === undefined) return undefined;
  return { source: sqsSource({ sqs: new SQSClient({}), queueUrl }), release: async () => undefined };
}
