import { describe, expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { queryAllTheTime } from "../support/query-load.ts";
import { pgbouncer } from "../support/pgbouncer.ts";
import { authQuery, startPooledPostgres } from "../support/pooled-postgres.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

const fixture = postgresFixture("PostgreSQL behind PgBouncer", async () => {
  throw new Error("each test starts a server of its own");
});
const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const alternating: Variant = { strategy: "alternating-users", usesAdmin: true };
const rotations = 3;

describe.skipIf(pgbouncer === undefined || postgres15 === undefined)(
  "the rotating pool of pg, behind PgBouncer",
  () => {
    test.each([
      { poolMode: "transaction", variant: singleUser, leastRefused: rotations },
      { poolMode: "transaction", variant: alternating, leastRefused: 0 },
      { poolMode: "session", variant: singleUser, leastRefused: rotations },
      { poolMode: "session", variant: alternating, leastRefused: 0 },
    ] as const)(
      "in $poolMode mode no query is lost while connections come and go, $variant.strategy",
      { timeout: 60_000 },
      async ({ poolMode, variant, leastRefused }) => {
        const pooled = await startPooledPostgres(pgbouncer ?? "", { ...authQuery, poolMode }, { binaries: postgres15 });
        const stage = await startStage(fixture, pooled.server);
        try {
          const { id: secretId } = await stage.newSecret(variant);
          using client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
          await using pool = createRotatingPool({ client, secretId, pool: { max: 4, maxUses: 3 } });
          const load = queryAllTheTime(async () => pool.query("SELECT 1"), 4);
          for (let rotation = 0; rotation < rotations; rotation++) {
            await expect.poll(load.queries, { timeout: 60_000 }).toBeGreaterThan(50 * rotation);
            // No event tells of it: a refused login does, or the end of the client's own time.
            const versionId = await stage.rotate(secretId);
            if (variant.strategy === "alternating-users") client.invalidate(secretId, { atLeast: versionId });
            await expect.poll(() => pool.versionId, { timeout: 60_000 }).toBe(versionId);
          }
          await load.stop();
          expect(load.failures).toEqual([]);
          expect(pool.refusedLogins).toBeGreaterThanOrEqual(leastRefused);
        } finally {
          await stage.stop();
          await pooled.server.stop();
        }
      },
    );
  },
);
