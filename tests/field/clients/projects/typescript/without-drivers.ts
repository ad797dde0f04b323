import { createSecretClient, isRekeyError, type SecretClient, timerSource } from "rekey/client";
import { redisSource } from "rekey/client/invalidation/redis";
import { snsWebhook } from "rekey/client/invalidation/sns";
import { secretsMiddleware } from "rekey/client/middy";
import { createRotatingConnection } from "rekey/client/redis";
import { vaultPolling, vaultSource } from "rekey/client/vault";
import { vaultDynamicSource } from "rekey/client/vault-dynamic";
import { fakeSecretClient } from "rekey/testing";

const client: SecretClient = createSecretClient({ source: fakeSecretClient().secrets });
export const used = [
  createRotatingConnection,
  isRekeyError,
  redisSource,
  secretsMiddleware({ client, fetchData: {} }),
  snsWebhook,
  timerSource,
  vaultDynamicSource,
  vaultPolling,
  vaultSource,
];
// @ts-expect-error a reading is a promise
export const wrong: string = client.get("orders");
