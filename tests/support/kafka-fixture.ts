import { setTimeout as delay } from "node:timers/promises";
import {
  type Acl,
  AclOperations,
  AclPermissionTypes,
  alterClientQuotasV1,
  createAclsV3,
  describeAclsV3,
  describeClientQuotasV0,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { strategiesOn } from "../../functions/rotate-kafka/rotation.ts";
import { kafkaEngine } from "../../shared/engines/kafka/kafka-engine.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type KafkaUnderTest, startKafka } from "./kafka.ts";

const rotator = { username: "rotator", password: "rotator-of-the-tests" };
const mark = /^rekey-alternate-of-/;

/** A right of a user as an operator gives it with `kafka-acls`. */
export async function allow({ admin }: KafkaUnderTest, user: string, more: Partial<Acl>): Promise<void> {
  const acl = {
    resourceType: ResourceTypes.TOPIC,
    resourceName: "orders",
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: "*",
    operation: AclOperations.READ,
    permissionType: AclPermissionTypes.ALLOW,
    ...more,
  };
  await createAclsV3.api.async(admin, [acl]);
}

export async function giveClusterRights(kafka: KafkaUnderTest, user: string): Promise<void> {
  const { ALTER, DESCRIBE, ALTER_CONFIGS, DESCRIBE_CONFIGS } = AclOperations;
  for (const operation of [ALTER, DESCRIBE, ALTER_CONFIGS, DESCRIBE_CONFIGS]) {
    await allow(kafka, user, { resourceType: ResourceTypes.CLUSTER, resourceName: "kafka-cluster", operation });
  }
}

async function limit({ admin }: KafkaUnderTest, user: string, value: number, client?: string): Promise<void> {
  const entities = [
    { entityType: "user" as const, entityName: user },
    ...(client === undefined ? [] : [{ entityType: "client-id" as const, entityName: client }]),
  ];
  await alterClientQuotasV1.api.async(
    admin,
    [{ entities, ops: [{ key: "producer_byte_rate", value, remove: false }] }],
    false,
  );
}

/** Until the broker has heard of it. */
const heard =
  (kafka: KafkaUnderTest, give: (user: string) => Promise<void>) =>
  async (user: string): Promise<void> => {
    const before = String(await describeRights(kafka, user));
    await give(user);
    while (String(await describeRights(kafka, user)) === before) await delay(20);
  };

function propertiesOf(kafka: KafkaUnderTest): Readonly<Record<string, AccountProperty>> {
  const allowed = (...acls: readonly Partial<Acl>[]): AccountProperty => ({
    async give(user) {
      for (const acl of acls) await heard(kafka, async () => allow(kafka, user, acl))(user);
    },
  });
  return {
    "no property": { give: async () => undefined },
    "topic ACLs": allowed({}, { operation: AclOperations.WRITE }),
    "prefixed ACL of a host": allowed({ resourcePatternType: ResourcePatternTypes.PREFIXED, host: "127.0.0.1" }),
    "group and transaction": allowed(
      { resourceType: ResourceTypes.GROUP, resourceName: "billing" },
      { resourceType: ResourceTypes.TRANSACTIONAL_ID, resourceName: "billing-1", operation: AclOperations.WRITE },
    ),
    denial: allowed({}, { permissionType: AclPermissionTypes.DENY, operation: AclOperations.DELETE }),
    quota: { give: heard(kafka, async (user) => limit(kafka, user, 1_048_576)) },
    "quota of a client": { give: heard(kafka, async (user) => limit(kafka, user, 2_097_152, "exporter")) },
    "a password for SCRAM-SHA-256 that is not the secret's": {
      give: async (user) => kafka.setPassword(user, "of-another-service", ["SCRAM-SHA-256"]),
      refusedBy: ["dual-password"],
    },
  };
}

/** Which mechanisms a user has passwords for follows from their change, with dual passwords. */
export async function describeRights({ admin }: KafkaUnderTest, user: string): Promise<readonly string[]> {
  const every = { resourceType: ResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY } as const;
  const { resources } = await describeAclsV3.api.async(admin, {
    ...every,
    resourceName: null,
    principal: `User:${user}`,
    host: null,
    operation: AclOperations.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  const { entries } = await describeClientQuotasV0.api.async(
    admin,
    [{ entityType: "user", matchType: 0, match: user }],
    false,
  );
  const own = entries.filter(({ entity }) => !entity.some(({ entityName }) => mark.test(entityName ?? "")));
  const rights = resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })));
  return [...rights, ...own]
    .map((line) => JSON.stringify(line).replaceAll(JSON.stringify(user).slice(1, -1), "<user>"))
    .toSorted();
}

export async function kafkaServerOf(kafka: KafkaUnderTest): Promise<EngineServer> {
  await kafka.setPassword(rotator.username, rotator.password, ["SCRAM-SHA-512"]);
  await giveClusterRights(kafka, rotator.username);
  return {
    host: kafka.host,
    port: kafka.port,
    fields: { engine: "kafka", ssl: false },
    admin: rotator,
    async createUser({ username, password }) {
      await kafka.setPassword(username, password, ["SCRAM-SHA-512"]);
      return {};
    },
    changePassword: async ({ username, password }) => kafka.setPassword(username, password, await kafka.held(username)),
    accepts: async ({ username, password }) => kafka.accepts(username, password),
    logs: async () => `${kafka.log()}${kafka.stored()}`,
    failedLogins: async () => kafka.refused(),
    hardships: {},
    accountProperties: propertiesOf(kafka),
    describeAccount: async (username) => describeRights(kafka, username),
    stop: kafka.stop,
  };
}

const engine = kafkaEngine();

export const kafkaFixture = (program: string): EngineFixture => ({
  name: "Apache Kafka 4.0.1",
  engine,
  strategies: strategiesOn(engine).strategies,
  variants: [
    { strategy: "dual-password", usesAdmin: true },
    { strategy: "single-user", usesAdmin: true },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    { clause: "lock-out", reason: "Kafka locks nobody out" },
    { clause: "locked", reason: "a change of a password waits for no lock" },
    { clause: "busy", reason: "a broker without room for a connection lets it wait" },
    { clause: "read-only", reason: "each broker takes changes" },
    { clause: "expired", reason: "Kafka's users and passwords do not expire" },
    { clause: "unknown-database", reason: "a login to Kafka names no database" },
    {
      clause: "clear-password-asked",
      reason: "rekey logs in by SCRAM alone, and ends a login that a broker wants by PLAIN",
    },
    {
      clause: "tls-not-verified",
      reason: "what a broker is handed is as good as the password, so a certificate is verified: ssl: require",
    },
  ],
  // Source: SASLNAME in Kafka's ScramMessages.
  notInNames: /[^\p{ASCII}]/gu,
  start: async (certificate) => kafkaServerOf(await startKafka(program, certificate)),
});
