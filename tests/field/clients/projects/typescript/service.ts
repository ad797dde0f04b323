import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { Pool } from "pg";
import { createSecretClient, isRekeyError, RekeyError, type SecretClient, SecretValue } from "rekey/client";
import { eventBridgeAcknowledgement } from "rekey/client/acknowledgement/eventbridge";
import { redisSource } from "rekey/client/invalidation/redis";
import { snsWebhook } from "rekey/client/invalidation/sns";
import { sqsSource } from "rekey/client/invalidation/sqs";
import { createSubscriberQueue } from "rekey/client/invalidation/subscriber-queue";
import { secretsMiddleware } from "rekey/client/middy";
import { createRotatingPool as createMysqlPool } from "rekey/client/mysql2";
import { createRotatingPool } from "rekey/client/pg";
import { createRotatingConnection } from "rekey/client/redis";
import { secretsManagerSource } from "rekey/client/secrets-manager";
import { vaultSource } from "rekey/client/vault";
import { vaultDynamicSource } from "rekey/client/vault-dynamic";
import { fakeSecretClient } from "rekey/testing";

const client: SecretClient = createSecretClient({ source: secretsManagerSource(new SecretsManagerClient({})) });
const pool: Pool = createRotatingPool({ client, secretId: "orders", pool: { max: 1 } });
const mysql = createMysqlPool({ client, secretId: "orders", pool: { connectionLimit: 1 } });

export const others = [
  createRotatingConnection,
  createSubscriberQueue,
  eventBridgeAcknowledgement,
  redisSource,
  snsWebhook,
  sqsSource,
  vaultDynamicSource,
  vaultSource,
];
export const made = [
  EventBridgeClient,
  SNSClient,
  SQSClient,
  mysql.promise(),
  secretsMiddleware({ client, fetchData: {} }),
];

export async function typed(): Promise<string> {
  const { rows } = await pool.query<{ name: string }>("SELECT 1");
  const name: string | undefined = rows[0]?.name;
  const versionId: string = await fakeSecretClient({ a: "1" }).rotate("a", "2");
  const { value } = await client.get("a");
  const text: string = value.reveal();
  const known: boolean = value instanceof SecretValue;
  try {
    // @ts-expect-error a value is not text
    const wrong: string = value;
    // @ts-expect-error there is no such option
    createSecretClient({ source: fakeSecretClient().secrets, ttl: 1 });
    // @ts-expect-error nor is there one of the driver's
    createRotatingPool({ client, secretId: "orders", pool: { most: 1 } });
    // @ts-expect-error a connection limit is a number
    createMysqlPool({ client, secretId: "orders", pool: { connectionLimit: "1" } });
    return wrong;
  } catch (error) {
    if (isRekeyError(error, "secret-not-found")) return error.hint;
    if (error instanceof RekeyError) return error.code;
    return `${name} ${versionId} ${text} ${known}`;
  }
}
