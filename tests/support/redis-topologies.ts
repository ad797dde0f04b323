import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";
import { takesConnections } from "./listening.ts";
import { type RedisUnderTest, startRedis } from "./redis.ts";
import { startServer } from "./server-process.ts";

export interface RedisTopology extends AsyncDisposable {
  readonly servers: readonly RedisUnderTest[];
  /** Gives the user these passwords, and no others, on every server; those who are logged in stay. */
  setPasswords(username: string, ...passwords: readonly string[]): Promise<void>;
}

const topology = (servers: readonly RedisUnderTest[]) => ({
  servers,
  async setPasswords(username: string, ...passwords: readonly string[]) {
    for (const { admin } of servers) {
      const words = passwords.map((password) => `>${password}`);
      await admin("ACL", "SETUSER", username, "on", "resetpass", ...words, "~*", "&*", "+@all");
    }
  },
});

/** Two nodes of a Redis Cluster, each with half of the slots. */
export async function startRedisCluster(binary: string): Promise<RedisTopology> {
  const halves = [
    ["0", "8191"],
    ["8192", "16383"],
  ] as const;
  const busPorts = [await freePort(), await freePort()];
  const servers = await Promise.all(
    busPorts.map(async (port) =>
      startRedis(binary, { config: ["cluster-enabled yes", `cluster-port ${port}`, "cluster-node-timeout 2000"] }),
    ),
  );
  for (const [at, { admin }] of servers.entries()) await admin("CLUSTER", "ADDSLOTSRANGE", ...(halves[at] ?? []));
  const [first, second] = servers as [RedisUnderTest, RedisUnderTest];
  await first.admin("CLUSTER", "MEET", second.host, `${second.port}`, `${busPorts[1]}`);
  for (const { admin } of servers)
    while (!String(await admin("CLUSTER", "INFO")).includes("cluster_state:ok")) await wait(20);
  return {
    ...topology(servers),
    async [Symbol.asyncDispose]() {
      for (const { stop } of servers) await stop();
    },
  };
}

export interface SentinelTopology extends RedisTopology {
  readonly name: string;
  readonly sentinel: { readonly host: string; readonly port: number };
  /** Makes the replica the master. */
  failOver(): Promise<void>;
}

/** A master, its replica, and one sentinel that watches them. */
export async function startRedisSentinel(binary: string): Promise<SentinelTopology> {
  const name = "orders";
  const host = "127.0.0.1";
  const master = await startRedis(binary);
  const { username, password } = master.superuser;
  const follows = [`replicaof ${host} ${master.port}`, `masteruser ${username}`, `masterauth ${password}`];
  const replica = await startRedis(binary, { config: follows });
  await master.admin("CONFIG", "SET", "masteruser", username, "masterauth", password);
  while (!String(await replica.admin("INFO", "replication")).includes("master_link_status:up")) await wait(20);
  const sentinel = await startServer({
    name: "sentinel",
    binary,
    endsBy: "SIGTERM",
    prepare(port, home) {
      const settings = [
        `port ${port}`,
        `dir ${home}`,
        `sentinel monitor ${name} ${host} ${master.port} 1`,
        `sentinel auth-user ${name} ${username}`,
        `sentinel auth-pass ${name} ${password}`,
        `sentinel failover-timeout ${name} 10000`,
      ];
      writeFileSync(join(home, "sentinel.conf"), `${settings.join("\n")}\n`);
      return [join(home, "sentinel.conf"), "--sentinel"];
    },
    isReady: takesConnections,
  });
  const servers = [master, replica];
  return {
    ...topology(servers),
    name,
    sentinel: { host, port: sentinel.port },
    async failOver() {
      const redis = new Redis(sentinel.port, host);
      while (!(await redis.call("SENTINEL", "replicas", name).then((found) => (found as unknown[]).length > 0)))
        await wait(50);
      while ((await redis.call("SENTINEL", "FAILOVER", name).catch(() => "not yet")) !== "OK") await wait(50);
      const at = async (): Promise<unknown> => redis.call("SENTINEL", "get-master-addr-by-name", name);
      while (String(await at()) !== `${host},${replica.port}`) await wait(20);
      redis.disconnect();
    },
    async [Symbol.asyncDispose]() {
      await sentinel.stop();
      for (const { stop } of servers) await stop();
    },
  };
}
