import { vi } from "vitest";
import {
  createRotatingConnection,
  type RotatingConnection,
  type RotatingConnectionOptions,
} from "../../shared/client/pools/redis/rotating-connection.ts";
import type { RekeyError } from "../../shared/errors/rekey-error.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { type FakeRedis, FakeRedisServer } from "./fake-redis.ts";

/** Rotating connections of the secret `a`, whose password is `one`, with everything around them in sight. */
export interface RedisStage {
  readonly server: FakeRedisServer;
  readonly client: FakeSecretClient;
  readonly told: readonly { readonly secretId?: string; readonly error: RekeyError }[];
  readonly acknowledged: readonly string[];
  /** Who listens for rotations. */
  readonly listeners: number;
  codes(): string[];
  /** The VersionId of AWSCURRENT. */
  current(): Promise<string>;
  start(more?: Partial<RotatingConnectionOptions<FakeRedis>>): Promise<RotatingConnection<FakeRedis>>;
  stop(): Promise<void>;
}

export const redisLogin = (password: string): object => ({ username: "u", password, host: "h", ssl: false });

/** Without a heartbeat, unless a test gives one. */
export function redisStage(): RedisStage {
  const server = new FakeRedisServer();
  const fake = fakeSecretClient({ a: redisLogin("one") });
  const told: RedisStage["told"][number][] = [];
  const acknowledged: string[] = [];
  const connections: RotatingConnection<FakeRedis>[] = [];
  let listeners = 0;
  const client: FakeSecretClient = {
    ...fake,
    on(event, listener) {
      const stopListening = fake.on(event, listener);
      listeners++;
      return () => {
        listeners--;
        stopListening();
      };
    },
  };
  fake.on("error", (failure) => told.push(failure));
  return {
    server,
    client,
    told,
    acknowledged,
    get listeners() {
      return listeners;
    },
    codes: () => told.map(({ error }) => error.code),
    current: async () => (await client.get("a")).versionId,
    async start(more) {
      const connection = await createRotatingConnection({
        client,
        secretId: "a",
        createClient: server.createClient,
        acknowledge: async ({ versionId }) => void acknowledged.push(versionId),
        heartbeatMs: 0,
        ...more,
      });
      connections.push(connection);
      return connection;
    },
    async stop() {
      for (const connection of connections) await connection.end();
      await client.close();
    },
  };
}

/** The same, with time-outs that pass when the test says so. */
export function timedRedisStage(): RedisStage {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stage = redisStage();
  const { stop } = stage;
  return Object.assign(stage, {
    async stop() {
      await stop();
      vi.useRealTimers();
    },
  });
}

export const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
