import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { sqsSource } from "../../shared/client/invalidation/sqs-source.ts";
import { eventBridgeAcknowledgement } from "../../shared/client/acknowledgement/eventbridge.ts";
import { createSubscriberQueue } from "../../shared/client/invalidation/subscriber-queue.ts";
import { createRotatingPool, type RotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { subscriberConfig } from "../subscriber.ts";
import type { World } from "./world.ts";

export type Strategy = "single-user" | "alternating-users";

/** A service as users write one: rekey's client and pool, a queue of its own, and queries without pause. */
export interface SampleService {
  readonly name: string;
  readonly strategy: Strategy;
  readonly secretArn: string;
  readonly pool: RotatingPool;
  readonly queries: number;
  readonly failures: readonly unknown[];
  stop(): Promise<void>;
}

const connections = 8;

interface Listeners {
  /** The event has arrived. */
  onNotice(): void;
  /** Every new connection uses that version. */
  onMoved(versionId: string): void;
  /** The last connection of the credential before that version is closed. */
  onDrained(versionId: string): void;
}

export async function startSampleService(
  { stack, secretsManager, sqs, sns, outputs }: World,
  name: string,
  strategy: Strategy,
  secretArn: string,
  listeners: Listeners,
): Promise<SampleService> {
  const client = createSecretClient({ source: secretsManagerStore(secretsManager) });
  const eventBridge = new EventBridgeClient(subscriberConfig(stack, name, outputs["EventBusName"]));
  // Each connection serves a few queries, so that new ones are opened all the time.
  const pool = createRotatingPool({
    client,
    secretId: secretArn,
    acknowledge: eventBridgeAcknowledgement({
      eventBridge,
      eventBusName: outputs["EventBusName"] ?? "",
      subscriber: name,
    }),
    pool: { max: connections, maxUses: 5, application_name: name },
  });
  pool.onDrained((drained) => {
    const { versionId } = pool;
    if (versionId !== undefined && versionId !== drained) listeners.onDrained(versionId);
  });
  const queue = await createSubscriberQueue({ sqs, sns, topicArn: outputs["SecretRotatedTopicArn"] ?? "" });
  const failures: unknown[] = [];
  let queries = 0;
  let running = true;

  const source = sqsSource({ sqs, queueUrl: queue.queueUrl }).start({
    error: (error) => failures.push(error),
    gap: () => client.invalidate(secretArn),
    async notice(notice) {
      if (notice.secretArn !== secretArn) return;
      client.invalidate(secretArn, { ...notice, atLeast: notice.versionId });
      listeners.onNotice();
      // The next read would ask anyway; asking now moves the service over without waiting for it.
      await client.refresh(secretArn);
      while (running && pool.versionId !== notice.versionId) await pool.query("SELECT 1");
      listeners.onMoved(notice.versionId);
    },
  });
  const work = async (): Promise<void> => {
    while (running) {
      await pool.query("SELECT pg_sleep(0.002)").catch((error: unknown) => failures.push(error));
      queries++;
    }
  };
  const workers = Array.from({ length: connections }, work);
  return {
    name,
    strategy,
    secretArn,
    pool,
    get queries() {
      return queries;
    },
    failures,
    async stop() {
      if (!running) return;
      running = false;
      await source.stop();
      await queue.remove();
      await Promise.all(workers);
      await pool.end();
      eventBridge.destroy();
      client[Symbol.dispose]();
    },
  };
}
