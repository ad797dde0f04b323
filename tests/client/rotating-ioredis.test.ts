import { once } from "node:events";
import { inspect } from "node:util";
import { Queue, QueueEvents, Worker } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createRotatingRedis,
  type IoredisLogin,
  type RotatableIoredis,
} from "../../shared/client/pools/ioredis/rotating-redis.ts";
import { fakeSecretClient, type FakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { type RedisUnderTest, redisServer, startRedis } from "../support/redis.ts";
import { type RedisTopology, startRedisCluster, startRedisSentinel } from "../support/redis-topologies.ts";

const secretId = "prod/cache";
/** ioredis takes it of a node, too, and its types do not say so. */
const canary = { password: "canary" };

interface Rotation {
  readonly client: FakeSecretClient;
  readonly password: string;
  /** As rekey rotates dual passwords: the one before is still taken, and the one before that is not. */
  rotate(): Promise<string>;
}

/** A secret of a user of these servers. */
async function rotationOn({
  servers,
  setPasswords,
}: Omit<RedisTopology, typeof Symbol.asyncDispose>): Promise<Rotation> {
  let count = 0;
  const [{ host, port }] = servers as [RedisUnderTest];
  const secret = (): object => ({ username: "app", password: `canary-${count}`, host, port, ssl: false });
  await setPasswords("app", "canary-0");
  const client = fakeSecretClient({ [secretId]: secret() });
  await client.get(secretId);
  return {
    client,
    get password() {
      return `canary-${count}`;
    },
    async rotate() {
      count++;
      await setPasswords("app", `canary-${count}`, `canary-${count - 1}`);
      return client.rotate(secretId, secret());
    },
  };
}

const isGone = async (work: Promise<unknown>): Promise<void> => void (await work.catch(() => undefined));

describe.skipIf(redisServer === undefined)("the rotating client of ioredis", () => {
  let server: RedisUnderTest;
  let rotation: Rotation;
  beforeAll(async () => void (server = await startRedis(redisServer ?? "")));
  afterAll(async () => server.stop());
  const setPasswords = async (username: string, ...passwords: readonly string[]): Promise<void> =>
    void (await server.admin(
      ...["ACL", "SETUSER", username, "on", "resetpass", ...passwords.map((one) => `>${one}`), "~*", "&*", "+@all"],
    ));
  beforeEach(async () => void (rotation = await rotationOn({ servers: [server], setPasswords })));

  const connect = async (settings: object = {}) =>
    createRotatingRedis({
      client: rotation.client,
      secretId,
      createClient: (login) => new Redis({ ...login, retryStrategy: () => 5, ...settings }),
    });
  const cut = async (redis: Redis): Promise<void> => {
    const id = await redis.client("ID");
    const isCut = once(redis, "close");
    await isGone(server.admin("CLIENT", "KILL", "ID", String(id)));
    await isCut;
  };
  test("a blocking command, a subscription and a MULTI sent step by step are not cut, and log in again when they can", async () => {
    await using connection = await connect();
    const { redis } = connection;
    const blocked = redis.duplicate();
    const subscriber = redis.duplicate();
    const stepwise = redis.duplicate();
    const answer = blocked.blpop("jobs", 0);
    const heard: string[] = [];
    subscriber.on("message", (_, message) => void heard.push(message));
    await subscriber.subscribe("news");
    await stepwise.multi({ pipeline: false });
    await stepwise.incr("steps");
    const versionId = await rotation.rotate();
    await rotation.rotate();
    await expect.poll(() => connection.versionId).not.toBe(versionId);
    await stepwise.incr("steps");
    expect(await stepwise.exec()).toEqual([
      [null, 1],
      [null, 2],
    ]);
    expect(await stepwise.call("ACL", "WHOAMI")).toBe("app");
    await redis.publish("news", "after");
    await redis.rpush("jobs", "one");
    expect(await answer).toEqual(["jobs", "one"]);
    await expect.poll(() => heard).toEqual(["after"]);
    await subscriber.unsubscribe("news");
    expect(await subscriber.ping()).toBe("PONG");
    expect(connection.refusedLogins).toBe(0);
    for (const one of [blocked, subscriber, stepwise]) one.disconnect();
  });

  test("a connection and a duplicate that are cut after two rotations, which no event told of, come back, with what waited", async () => {
    await using connection = await connect();
    const { redis } = connection;
    const duplicate = redis.duplicate();
    await duplicate.ping();
    await setPasswords("app", "canary-unheard");
    rotation.client.secrets.put(secretId, {
      username: "app",
      password: "canary-unheard",
      host: server.host,
      port: server.port,
      ssl: false,
    });
    for (const one of [redis, duplicate]) {
      await cut(one);
      expect(await Promise.all([one.incr("waited"), one.incr("waited")])).toHaveLength(2);
    }
    expect(await redis.get("waited")).toBe("4");
    expect(connection.refusedLogins).toBe(1);
    duplicate.disconnect();
  });

  test("a refused AUTH of a live connection is followed by AWSCURRENT as it is now, and then it stays as it is", async () => {
    await using connection = await connect();
    const reported: unknown[] = [];
    rotation.client.on("error", ({ error }) => reported.push(error));
    const id = await connection.redis.client("ID");
    await rotation.client.rotate(secretId, { username: "app", password: "canary-of-nobody" });
    await expect.poll(() => connection.refusedLogins).toBe(1);
    await expect.poll(() => reported).toEqual([expect.objectContaining({ code: "credential-refused" })]);
    expect(await connection.redis.ping()).toBe("PONG");
    expect(await connection.redis.client("ID")).toBe(id);
    expect(inspect([connection, reported], { depth: 10, showHidden: true })).not.toContain("canary");
  });

  test("another user takes over on the same connection", async () => {
    await using connection = await connect();
    await server.admin("ACL", "SETUSER", "app_b", "on", ">canary-b", "~*", "&*", "+@all");
    const versionId = await rotation.client.rotate(secretId, { username: "app_b", password: "canary-b" });
    await expect.poll(() => connection.versionId).toBe(versionId);
    expect(await connection.redis.call("ACL", "WHOAMI")).toBe("app_b");
    expect(String(await server.admin("CLIENT", "LIST"))).not.toContain("user=app ");
  });

  test("BullMQ: no job is lost or doubled over 3 rotations, and each connection logs in again", async () => {
    await using connection = await connect({ maxRetriesPerRequest: null });
    const done: number[] = [];
    const queue = new Queue("mails", { connection: connection.redis });
    const events = new QueueEvents("mails", { connection: connection.redis });
    const worker = new Worker("mails", async ({ data }) => void done.push(data.n), {
      connection: connection.redis,
      concurrency: 4,
      drainDelay: 1,
    });
    const noise: unknown[] = [];
    queue.on("error", (error) => noise.push(error));
    events.on("error", (error) => noise.push(error));
    worker.on("error", (error) => noise.push(error));
    await worker.waitUntilReady();
    const jobs = 60;
    const add = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        if (n % 20 === 10) await rotation.rotate();
        await queue.add("mail", { n });
      }
    };
    await add(0, 40);
    await expect.poll(async () => queue.getCompletedCount(), { timeout: 20_000 }).toBe(40);
    // Each connection, also the one that blocks, is cut and finds the newest password.
    await server.admin("CLIENT", "KILL", "USER", "app");
    await add(40, jobs);
    await expect.poll(() => done.length, { timeout: 20_000 }).toBe(jobs);
    expect(done.toSorted((one, other) => one - other)).toEqual(Array.from({ length: jobs }, (_, n) => n));
    await expect.poll(async () => queue.getCompletedCount(), { timeout: 20_000 }).toBe(jobs);
    expect(await queue.getFailedCount()).toBe(0);
    expect(inspect(noise, { depth: 6 })).not.toContain("canary");
    await worker.close();
    await events.close();
    await queue.close();
  });

  test.each<[string, (login: IoredisLogin) => unknown]>([
    ["a password", (login) => new Redis({ ...login, password: "canary" })],
    ["a URL with a user", ({ port }) => new Redis(`redis://u:canary@127.0.0.1:${port}`, { lazyConnect: true })],
    ["a client that connects", (login) => new Redis({ ...login, lazyConnect: false })],
    ["a promise", async (login) => new Redis({ ...login })],
    ["a node's password", ({ host, port }) => new Cluster([{ host, port, ...canary }], { lazyConnect: true })],
  ])("%s is option-invalid, without its text", async (_, createClient) => {
    const { client } = rotation;
    const failing = createRotatingRedis({ client, secretId, createClient: createClient as () => RotatableIoredis });
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "option-invalid", context: { option: "createClient" } });
    expect(inspect(error, { depth: 8, showHidden: true })).not.toContain("canary");
  });

  test("another client is driver-unsupported", async () => {
    const { client } = rotation;
    const failing = createRotatingRedis({ client, secretId, createClient: () => ({}) as Redis });
    await expect(failing).rejects.toMatchObject({ code: "driver-unsupported" });
  });
});

describe.skipIf(redisServer === undefined)("the rotating client of ioredis, with more servers", () => {
  test("Cluster: its nodes, its subscriber and its duplicates go on over rotations and reconnections", async () => {
    await using cluster = await startRedisCluster(redisServer ?? "");
    const rotation = await rotationOn(cluster);
    const acknowledged: string[] = [];
    await using connection = await createRotatingRedis({
      client: rotation.client,
      secretId,
      acknowledge: async ({ versionId }) => void acknowledged.push(versionId),
      createClient: (login) =>
        new Cluster([{ host: login.host, port: login.port }], {
          lazyConnect: true,
          redisOptions: login,
          clusterRetryStrategy: () => 20,
          retryDelayOnFailover: 20,
        }),
    });
    const { redis } = connection;
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const write = async (client: Cluster): Promise<unknown> => Promise.all(keys.map(async (key) => client.incr(key)));
    await write(redis);
    let versionId = "";
    for (let count = 0; count < 3; count++) {
      versionId = await rotation.rotate();
      await write(redis);
    }
    await expect.poll(() => acknowledged.at(-1)).toBe(versionId);
    const heard: string[] = [];
    redis.on("message", (_, message) => void heard.push(message));
    await redis.subscribe("news");
    const duplicate = redis.duplicate();
    await write(duplicate);
    for (const { admin } of cluster.servers) await admin("CLIENT", "KILL", "USER", "app");
    await rotation.rotate();
    await rotation.rotate();
    await write(redis);
    await write(duplicate);
    expect(await Promise.all(keys.map(async (key) => redis.get(key)))).toEqual(keys.map(() => "7"));
    await expect
      .poll(async () => {
        await redis.publish("news", "again");
        return heard;
      })
      .toContain("again");
    duplicate.disconnect();
  });

  test("Sentinel: after a failover the new master is logged in to by the newest password", async () => {
    await using topology = await startRedisSentinel(redisServer ?? "");
    const rotation = await rotationOn(topology);
    await using connection = await createRotatingRedis({
      client: rotation.client,
      secretId,
      createClient: ({ host: _host, port: _port, ...login }) =>
        new Redis({ ...login, sentinels: [topology.sentinel], name: topology.name, retryStrategy: () => 20 }),
    });
    await connection.redis.set("key", "before");
    await rotation.rotate();
    await rotation.rotate();
    const versionId = await rotation.rotate();
    await topology.failOver();
    await topology.servers[0]?.stopServer();
    await expect
      .poll(async () => connection.redis.set("key", "after").catch(() => "no"), { timeout: 20_000 })
      .toBe("OK");
    expect(String(await connection.redis.role())).toContain("master");
    expect(connection.versionId).toBe(versionId);
    expect(await topology.servers[1]?.admin("GET", "key")).toBe("after");
  }, 60_000);
});
