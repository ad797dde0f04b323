import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { createClient } from "@redis/client";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { redisSource } from "../../../../shared/client/invalidation/redis-source.ts";
import { createSecretClient } from "../../../../shared/client/secret-client.ts";
import { vaultDynamicSource } from "../../../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { SecretValue } from "../../../../shared/secrets/secret-value.ts";
import { memorySecrets } from "../../../../shared/testing/memory-secrets.ts";
import { signature } from "../../../../shared/webhook/signature.ts";
import { listening } from "../../../support/listening.ts";
import { redisServer, startRedis } from "../../../support/redis.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";

const kind = "lifecycles";
const hourMs = 3_600_000;
const soon = { timeout: 60_000 };
printFieldCases();
afterEach(() => vi.useRealTimers());

/** As somebody sets the clock, between two turns of the event loop; the monotonic clock and timers go on. */
async function setClock(byMs: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"] }).setSystemTime(Date.now() + byMs);
  await turn();
}

/** A Vault that lends another user each time it is asked, for an hour. */
async function startLender() {
  let lent = 0;
  const server = createServer((request, response) => {
    const user = request.url === "/v1/database/creds/orders" ? ++lent : lent;
    const data = { username: `v-orders-${user}`, password: "lent", ttl: 0 };
    response.end(JSON.stringify({ lease_id: `orders/${user}`, lease_duration: 3_600, renewable: true, data }));
  });
  const vault = await listening(server);
  onTestFinished(async () => vault.stop());
  const login = { method: "token", token: new SecretValue("token") } as const;
  const source = vaultDynamicSource({
    address: `http://127.0.0.1:${vault.port}`,
    login,
    connection: { host: "db" },
  });
  const client = createSecretClient({ source });
  client.subscribe(source);
  onTestFinished(async () => {
    await client.close();
    await source.close();
  });
  return { client, lent: () => lent };
}

test.each([
  [2, 2],
  [-2, 1],
])(
  "of Vault's users, a process whose clock is set by %s hours has leased %s, however many ask",
  async (hours, leases) =>
    fieldCase(kind, async () => {
      const { client, lent } = await startLender();
      const { versionId } = await client.get("orders");
      await setClock(hours * hourMs);
      const read = await Promise.all(Array.from({ length: 50 }, async () => client.get("orders")));
      expect(lent()).toBe(leases);
      expect(new Set(read.map((version) => version.versionId)).size).toBe(1);
      expect(read[0]?.versionId === versionId).toBe(leases === 1);
    })(),
);

describe.skipIf(redisServer === undefined)("signed messages on Redis", () => {
  test.each([6, -6])(
    "a clock that is %s minutes off refuses them with a report, a read finds the rotation by the TTL, and they count again once it is right",
    async (minutes) =>
      fieldCase(kind, async () => {
        const redis = await startRedis(redisServer ?? "");
        onTestFinished(async () => redis.stop());
        const { host, port, superuser } = redis;
        const subscriber = createClient({ ...superuser, socket: { host, port } });
        onTestFinished(() => subscriber.destroy());
        await subscriber.connect();
        const key = new SecretValue("a key of 16 bytes or more");
        const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:orders-AbCdEf";
        const secrets = memorySecrets({ [secretId]: "first" });
        const client = createSecretClient({ source: secrets, ttlMs: 60_000, spreadMs: 0 });
        onTestFinished(async () => client.close());
        const problems: unknown[] = [];
        client.on("error", ({ error }) => problems.push([error.code, error.context["problem"]]));
        client.subscribe(redisSource({ redis: subscriber, channel: "rekey", keys: [key] }));
        await vi.waitUntil(async () => String(await redis.admin("PUBSUB", "NUMSUB", "rekey")) === "rekey,1", {
          timeout: 60_000,
        });
        await client.get(secretId);

        const publish = async (versionId: string, sentAtMs: number): Promise<void> => {
          const at = new Date(sentAtMs).toISOString();
          const detail = { secretArn: secretId, versionId, at };
          const Message = JSON.stringify({ id: randomUUID(), "detail-type": "Secret Rotated", detail });
          const RekeySignature = signature(Message, [key], sentAtMs);
          await redis.admin("PUBLISH", "rekey", JSON.stringify({ Message, RekeySignature }));
        };
        await setClock(minutes * 60_000);
        await publish(secrets.put(secretId, "second"), Date.now() - minutes * 60_000);
        await expect.poll(() => problems, soon).toEqual([["event-unverified", "too old, or from the future"]]);
        // Six minutes that were missed are more than the TTL; set back, the TTL goes on.
        expect((await client.get(secretId)).value.reveal()).toBe(minutes > 0 ? "second" : "first");
        vi.useRealTimers();
        await publish(secrets.put(secretId, "third"), Date.now());
        await expect.poll(() => client.peek(secretId)?.value.reveal(), soon).toBe("third");
      })(),
  );
});
