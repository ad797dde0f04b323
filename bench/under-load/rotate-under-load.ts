import { setTimeout as wait } from "node:timers/promises";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import type { Stage } from "../../shared/testing/engine-contract/stage.ts";
import type { Product, Service } from "./load.ts";

const usualConnections = 64;
/** For both services; no event tells either of a rotation. Shorter than the time between rotations, as it is in life. */
const ttlMs = 100;
const betweenRotationsMs = 200;
const betweenQueriesMs = 20;

export interface Outcome {
  readonly rotations: number;
  readonly queries: number;
  readonly failed: number;
  readonly recovered: number;
  readonly seconds: number;
  /** Why queries failed, by message or code. */
  readonly reasons: Readonly<Record<string, number>>;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : typeof error;

const caching = (product: Product, client: SecretClient, secretId: string): Service => ({
  query: async () => product.queryAs(parseDatabaseSecret((await client.get(secretId)).value)),
  recovered: 0,
  end: async () => undefined,
});

/** Workers that query on new connections all the time, while the secret is rotated so many times, one after the other. */
export async function rotateUnderLoad(
  product: Product,
  stage: Stage,
  variant: Variant,
  options: { readonly isRotating: boolean; readonly rotations: number },
): Promise<Outcome> {
  const { host, port } = stage.server;
  const { connections = usualConnections } = product;
  const { id: secretId } = await stage.newSecret(variant, { fields: { host, port } });
  await using client = createSecretClient({ source: secretsManagerStore(stage.aws.own), ttlMs });
  const service = options.isRotating
    ? product.rotating(client, secretId, connections)
    : caching(product, client, secretId);
  const reasons: Record<string, number> = {};
  let queries = 0;
  let failed = 0;
  let isRunning = true;

  async function work(worker: number): Promise<void> {
    while (isRunning) {
      queries++;
      await service.query(worker).catch((error: unknown) => {
        failed++;
        reasons[reasonOf(error)] = (reasons[reasonOf(error)] ?? 0) + 1;
      });
      await wait(Math.random() * 2 * betweenQueriesMs);
    }
  }

  const startedMs = performance.now();
  const workers = Array.from({ length: connections }, async (_, worker) => work(worker));
  for (let rotation = 0; rotation < options.rotations; rotation++) {
    const versionId = await stage.rotate(secretId);
    const labels = (await stage.labels(secretId))[versionId] ?? [];
    if (!labels.includes("AWSCURRENT")) throw new Error(`rotation ${rotation} of ${variant.strategy} did not end`);
    await wait(betweenRotationsMs);
  }
  isRunning = false;
  await Promise.all(workers);
  await service.end();
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  return { rotations: options.rotations, queries, failed, recovered: service.recovered, seconds, reasons };
}
