import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createRotatingPool, type RotatingPool } from "../../shared/client/pg/rotating-pool.ts";
import { createSecretClient, type RotationNotice } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/stores/secrets-manager.ts";

/** A service as users write one: rekey's client and pool, and queries without pause. */
export interface SampleService {
  readonly name: string;
  readonly secretArn: string;
  readonly pool: RotatingPool;
  readonly queries: number;
  readonly failures: readonly unknown[];
  /** What its subscription does when the event arrives; resolves once its new connections use that version. */
  notice(notice: RotationNotice): Promise<void>;
  stop(): Promise<void>;
}

const connections = 8;

export function startSampleService(sdk: SecretsManagerClient, name: string, secretArn: string): SampleService {
  const client = createSecretClient({ source: secretsManagerStore(sdk) });
  // Each connection serves a few queries, so that new ones are opened all the time.
  const pool = createRotatingPool({
    client,
    secretId: secretArn,
    pool: { max: connections, maxUses: 5, application_name: name },
  });
  const failures: unknown[] = [];
  let queries = 0;
  let running = true;
  const work = async (): Promise<void> => {
    while (running) {
      await pool.query("SELECT pg_sleep(0.002)").catch((error: unknown) => failures.push(error));
      queries++;
    }
  };
  const workers = Array.from({ length: connections }, work);
  return {
    name,
    secretArn,
    pool,
    get queries() {
      return queries;
    },
    failures,
    async notice(notice) {
      client.invalidate(secretArn, notice);
      // The next read would ask anyway; asking now moves the service over without waiting for it.
      await client.refresh(secretArn);
      while (pool.versionId !== notice.versionId) await pool.query("SELECT 1");
    },
    async stop() {
      running = false;
      await Promise.all(workers);
      await pool.end();
      client[Symbol.dispose]();
    },
  };
}
