import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { startLocalAws } from "../../shared/testing/engine-contract/local-aws.ts";
import { createWire } from "../../shared/testing/engine-contract/wire.ts";
import type { PoolServer } from "../../tests/support/pool-servers.ts";
import { rotatedByHand } from "../rotated-by-hand.ts";
import type { Outcome } from "./rotate-under-load.ts";

/** The user's limit on the server, and the pool's. */
const connections = 8;
const workers = 24;
const betweenRotationsMs = 100;

/** More workers than connections query all the time, while the password is changed and no connection above the limit is there. */
export async function rotateAtTheLimit(server: PoolServer, rotations: number): Promise<Outcome> {
  const aws = await startLocalAws(createWire(), async () => ({ ok: true, payload: null }));
  const user = await server.newUser(connections);
  const { ARN: secretId = "", VersionId: first = "" } = await aws.own.send(
    new CreateSecretCommand({ Name: "at-the-limit", SecretString: JSON.stringify(server.secretOf(user)) }),
  );
  const client = createSecretClient({ source: secretsManagerStore(aws.own), ttlMs: 100 });
  const pool = server.pool({ client, secretId, max: connections });
  const reasons: Record<string, number> = {};
  let queries = 0;
  let failed = 0;
  let isRunning = true;
  const startedMs = performance.now();
  const working = Array.from({ length: workers }, async () => {
    while (isRunning) {
      queries++;
      await pool.query().catch((error: unknown) => {
        failed++;
        const reason = String(Reflect.get(Object(error), "code") ?? error);
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      });
    }
  });
  let from = first;
  for (let rotation = 0; rotation < rotations; rotation++) {
    const next = { ...user, password: `next-${randomUUID()}` };
    from = await rotatedByHand(aws.own, {
      secretId,
      from,
      value: server.secretOf(next),
      change: async () => server.changePassword(user, next.password),
    });
    client.invalidate(secretId, { atLeast: from });
    await wait(betweenRotationsMs);
  }
  isRunning = false;
  await Promise.all(working);
  const recovered = pool.refusedLogins;
  await pool.end();
  await client.close();
  await aws.stop();
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return { rotations, queries, failed, recovered, seconds, reasons };
}
