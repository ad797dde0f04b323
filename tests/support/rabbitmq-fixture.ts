import * as amqp from "amqplib";
import { rabbitmqEngine } from "../../shared/engines/rabbitmq/rabbitmq-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { httpExemptions } from "./http-exemptions.ts";
import { type RabbitmqUnderTest, startRabbitmq } from "./rabbitmq.ts";

const named = encodeURIComponent;
const everything = { configure: ".*", write: ".*", read: ".*" };
const mark = /^rekey-alternate-of-/;

interface StoredUser {
  readonly password_hash: string;
  readonly hashing_algorithm: string;
  readonly tags: readonly string[];
}

/** What an operator gives with `rabbitmqctl`. */
function propertiesOf({ admin }: RabbitmqUnderTest): Readonly<Record<string, AccountProperty>> {
  const user = async (username: string, change: (stored: StoredUser) => object): Promise<void> => {
    const stored = (await admin("GET", `users/${named(username)}`)) as StoredUser;
    const { password_hash, hashing_algorithm, tags } = { ...stored, ...change(stored) } as StoredUser;
    await admin("PUT", `users/${named(username)}`, { password_hash, hashing_algorithm, tags: tags.join(",") });
  };
  const put = (path: (username: string) => string, json: object): AccountProperty => ({
    give: async (username) => void (await admin("PUT", path(named(username)), json)),
  });
  return {
    "no property": { give: async () => undefined },
    permissions: put((username) => `permissions/%2F/${username}`, { configure: "^orders", write: "", read: "^(a|b)$" }),
    "no permission": {
      give: async (username) => void (await admin("DELETE", `permissions/%2F/${named(username)}`)),
    },
    "another virtual host": {
      async give(username) {
        await admin("PUT", "vhosts/shop%2Feu");
        await admin("PUT", `permissions/shop%2Feu/${named(username)}`, everything);
      },
    },
    "topic permissions": put((username) => `topic-permissions/%2F/${username}`, {
      exchange: "amq.topic",
      write: "^orders\\.",
      read: ".*",
    }),
    "connection limit": put((username) => `user-limits/${username}/max-connections`, { value: 40 }),
    "channel limit": put((username) => `user-limits/${username}/max-channels`, { value: 7 }),
    tags: { give: async (username) => user(username, () => ({ tags: ["monitoring", "team-orders"] })) },
  };
}

async function describe({ admin }: RabbitmqUnderTest, username: string): Promise<readonly string[]> {
  const { tags, hashing_algorithm } = (await admin("GET", `users/${named(username)}`)) as StoredUser;
  const rights = await Promise.all(
    [
      `users/${named(username)}/permissions`,
      `users/${named(username)}/topic-permissions`,
      `user-limits/${named(username)}`,
    ].map(async (path) => admin("GET", path)),
  );
  const own = tags.filter((tag) => !mark.test(tag)).toSorted();
  return [hashing_algorithm, ...own, ...rights.map((right) => JSON.stringify(right))].map((line) =>
    line.replaceAll(JSON.stringify(username), '"<user>"'),
  );
}

export async function rabbitmqServerOf(rabbitmq: RabbitmqUnderTest): Promise<EngineServer> {
  const { host, port, admin } = rabbitmq;
  const rotator = { username: "rotator", password: "rotator-of-the-tests" };
  await admin("PUT", `users/${rotator.username}`, { password: rotator.password, tags: "administrator" });
  return {
    host,
    port,
    fields: { engine: "rabbitmq", ssl: false },
    admin: rotator,
    async createUser({ username, password }) {
      await admin("PUT", `users/${named(username)}`, { password, tags: "" });
      await admin("PUT", `permissions/%2F/${named(username)}`, everything);
      return {};
    },
    async changePassword({ username, password }) {
      const { tags } = (await admin("GET", `users/${named(username)}`)) as StoredUser;
      await admin("PUT", `users/${named(username)}`, { password, tags: tags.join(",") });
    },
    accepts: async ({ username, password }) => rabbitmq.accepts(username, password),
    logs: async () => rabbitmq.log(),
    failedLogins: async () => rabbitmq.log().match(/invalid credentials/g)?.length ?? 0,
    hardships: {},
    accountProperties: propertiesOf(rabbitmq),
    describeAccount: async (username) => describe(rabbitmq, username),
    stop: async () => rabbitmq.stop(),
  };
}

const engine = rabbitmqEngine();

/** The AMQP ports of brokers that run, by their API's. */
const amqpPorts = new Map<number, number>();

export const rabbitmqFixture = (binary: string): EngineFixture => ({
  name: "RabbitMQ 3.10",
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: true },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    ...httpExemptions,
    { clause: "lock-out", reason: "RabbitMQ locks nobody out" },
    { clause: "busy", reason: "the API has no limit of its own on connections" },
    { clause: "read-only", reason: "RabbitMQ has no read-only replicas" },
    { clause: "expired", reason: "RabbitMQ's users and passwords do not expire" },
  ],
  notInNames: /:/g,
  async start(certificate) {
    const rabbitmq = await startRabbitmq(binary, certificate);
    amqpPorts.set(rabbitmq.port, rabbitmq.amqpPort);
    return rabbitmqServerOf(rabbitmq);
  },
  async hold({ host, port }, { username, password }) {
    const connection = await amqp.connect({ hostname: host, port: amqpPorts.get(port) ?? 5_672, username, password });
    return { [Symbol.asyncDispose]: async () => connection.close() };
  },
});
