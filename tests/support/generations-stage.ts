import type { RotatingOptions } from "../../shared/client/pools/rotating-options.ts";
import {
  type PoolDriver,
  type RotatingGenerations,
  rotatingGenerations,
} from "../../shared/client/pools/rotating-generations.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { type FakeConnection, type FakePools, fakePools } from "./fake-pools.ts";

export const poolLogin = (password: string): object => ({ username: "u", password, host: "h" });

/** Pools of the secret `a`, whose password is `one`, by a driver without a server. */
export interface GenerationsStage {
  readonly client: FakeSecretClient;
  readonly pools: FakePools;
  start(
    options?: Partial<RotatingOptions>,
    driver?: Partial<PoolDriver<FakeConnection>>,
  ): RotatingGenerations<FakeConnection>;
  stop(): Promise<void>;
}

export function generationsStage(): GenerationsStage {
  const client = fakeSecretClient({ a: poolLogin("one") });
  const pools = fakePools();
  const started: RotatingGenerations<FakeConnection>[] = [];
  return {
    client,
    pools,
    start(options = {}, driver) {
      const generations = rotatingGenerations(pools.driver(driver), { client, secretId: "a", ...options });
      started.push(generations);
      return generations;
    },
    async stop() {
      for (const connection of pools.open) connection.release();
      for (const generations of started) await generations.end();
      await client.close();
    },
  };
}
