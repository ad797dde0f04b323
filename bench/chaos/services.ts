import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Stack } from "../../local/stack.ts";
import { sqsSource } from "../../shared/client/invalidation/sqs-source.ts";
import { createSubscriberQueue } from "../../shared/client/invalidation/subscriber-queue.ts";
import { requestBudget } from "../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import { serviceCount } from "./plan.ts";

/** A service with rekey's client and a queue of its own; its TTL is so long that only what it is told can move it. */
export interface Service {
  /** ARNs. */
  readonly watched: readonly string[];
  /** The version that it serves now. */
  serves(secretArn: string): Promise<string>;
  /** Its process ends and another one takes up its queue. */
  restart(): Promise<void>;
}

/** Services and the calls that they make are told from the suite's own by this key. */
export const servicesKey = "services";
const ttlMs = 24 * 3_600_000;

/** Each secret is watched by two services. */
export async function startServices(
  stack: Stack,
  topicArn: string,
  secretArns: readonly string[],
  cleanup: AsyncDisposableStack,
): Promise<readonly Service[]> {
  const credentials = { accessKeyId: servicesKey, secretAccessKey: servicesKey };
  const config = { ...stack.clientConfig, credentials, requestHandler: { httpAgent: { maxSockets: 500 } } };
  const services: Service[] = [];
  for (let index = 0; index < serviceCount; index++) {
    const sdk = new SecretsManagerClient(config);
    const sqs = new SQSClient(config);
    const sns = new SNSClient(config);
    const { queueUrl } = await createSubscriberQueue({ sqs, sns, topicArn });
    const watched = secretArns.filter(
      (_arn, nth) => nth % serviceCount === index || (nth + 3) % serviceCount === index,
    );
    const open = async (): Promise<SecretClient> => {
      const client = createSecretClient({
        source: secretsManagerSource(sdk),
        ttlMs,
        budget: requestBudget({ requestsPerSecond: 200, burst: 200, whenSpent: "wait" }),
      });
      client.subscribe(sqsSource({ sqs, queueUrl }));
      await client.prefetch(watched);
      return client;
    };
    let client = await open();
    cleanup.defer(async () => {
      await client.close();
      for (const one of [sdk, sqs, sns]) one.destroy();
    });
    services.push({
      watched,
      serves: async (secretArn) => (await client.get(secretArn)).versionId,
      async restart() {
        await client.close();
        client = await open();
      },
    });
  }
  return services;
}
