import { setTimeout as delay } from "node:timers/promises";
import type { KafkaUnderTest } from "./kafka.ts";

/** AWSCURRENT of a secret of MSK's, as MSK would read it. */
export interface ReadByMsk {
  readonly versionId: string;
  readonly username: string;
  readonly password: string;
}

export interface MskUnderTest {
  /** BatchAssociateScramSecret, and what follows from it. */
  associate(arn: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * What MSK does by its guide, written for these tests: it looks at the secrets that are associated with the cluster, and some
 * time later the cluster logs in by what they hold. The cluster is a real Kafka.
 */
export function startMsk(
  kafka: Pick<KafkaUnderTest, "setPassword">,
  read: (arn: string) => Promise<ReadByMsk>,
  delayMs: () => number,
): MskUnderTest {
  const taken = new Map<string, string>();
  const over = new AbortController();
  async function take(arn: string): Promise<void> {
    const { versionId } = await read(arn);
    if (taken.get(arn) === versionId) return;
    await delay(delayMs(), undefined, { signal: over.signal });
    const now = await read(arn);
    await kafka.setPassword(now.username, now.password, ["SCRAM-SHA-512"]);
    taken.set(arn, now.versionId);
  }
  async function work(): Promise<void> {
    while (!over.signal.aborted) {
      for (const arn of taken.keys()) await take(arn).catch(() => undefined);
      await delay(20);
    }
  }
  const working = work();
  return {
    async associate(arn) {
      taken.set(arn, "");
      while (taken.get(arn) === "") await delay(20);
    },
    async stop() {
      over.abort();
      await working;
    },
  };
}
