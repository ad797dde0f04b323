import { opensearchEngine } from "../../shared/engines/opensearch/opensearch-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { httpExemptions } from "./http-exemptions.ts";
import { type OpensearchUnderTest, quickHash, startOpensearch } from "./opensearch.ts";

const mark = "rekey_alternate_of";
const userPath = (username: string): string => `internalusers/${encodeURIComponent(username)}`;

/** What an operator gives by the API. */
function propertiesOf({ admin }: OpensearchUnderTest): Readonly<Record<string, AccountProperty>> {
  const add = (member: string, value: unknown): AccountProperty => ({
    give: async (username) =>
      void (await admin("PATCH", userPath(username), [{ op: "add", path: `/${member}`, value }])),
  });
  const map = (role: string, usersOf: (username: string) => readonly string[]): AccountProperty => ({
    async give(username) {
      await admin("PUT", `roles/${role}`, { cluster_permissions: ["cluster_monitor"] });
      const mapping = (await admin("GET", `rolesmapping/${role}`)) as Record<string, { users: string[] }> | undefined;
      const users = [...(mapping?.[role]?.users ?? []), ...usersOf(username)];
      await admin("PUT", `rolesmapping/${role}`, { users, backend_roles: ["shop"] });
    },
  });
  return {
    "no property": { give: async () => undefined },
    "backend roles": add("backend_roles", ["orders", "team a"]),
    attributes: add("attributes", { tenant: "42", "cost-center": 'a"b' }),
    "security roles": add("opendistro_security_roles", ["readall"]),
    description: add("description", "reads orders"),
    "role mapping": map("by_name", (username) => ["somebody", username]),
    "role mapping by a pattern": map("by_pattern", (username) => [`${username.slice(0, 8)}*`]),
  };
}

interface StoredUser {
  readonly attributes: Readonly<Record<string, string>>;
}

async function describe({ admin }: OpensearchUnderTest, username: string): Promise<readonly string[]> {
  const found = (await admin("GET", userPath(username))) as Record<string, StoredUser>;
  const { attributes = {}, ...rest } = found[username] ?? {};
  const own = Object.entries(attributes).filter(([name]) => name !== mark);
  const mappings = (await admin("GET", "rolesmapping")) as Record<string, { users: string[] }>;
  const named = Object.entries(mappings).filter(([, { users }]) => users.includes(username));
  return [
    JSON.stringify({ description: "", ...rest }, Object.keys({ description: "", ...rest }).toSorted()),
    JSON.stringify(own.toSorted(([one], [other]) => one.localeCompare(other, "en"))),
    ...named.map(([role]) => role),
  ];
}

async function opensearchServerOf(opensearch: OpensearchUnderTest): Promise<EngineServer> {
  const { host, port, admin } = opensearch;
  const rotator = { username: "rotator", password: "rotator-of-the-tests" };
  await admin("PUT", userPath(rotator.username), { hash: quickHash(rotator.password), backend_roles: ["admin"] });
  return {
    host,
    port,
    fields: { engine: "opensearch", ssl: false },
    admin: rotator,
    async createUser({ username, password }) {
      await admin("PUT", userPath(username), { hash: quickHash(password) });
      return {};
    },
    async changePassword({ username, password }) {
      await admin("PATCH", userPath(username), [{ op: "replace", path: "/hash", value: quickHash(password) }]);
    },
    accepts: opensearch.accepts,
    logs: async () => opensearch.log(),
    failedLogins: async () => opensearch.log().match(/Authentication finally failed/g)?.length ?? 0,
    hardships: {},
    accountProperties: propertiesOf(opensearch),
    describeAccount: async (username) => describe(opensearch, username),
    stop: async () => opensearch.stop(),
  };
}

const engine = opensearchEngine();

export const opensearchFixture = (binary: string): EngineFixture => ({
  name: "OpenSearch 2.19",
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: true },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    ...httpExemptions,
    { clause: "lock-out", reason: "OpenSearch locks nobody out unless it is configured to" },
    { clause: "busy", reason: "the API has no limit of its own on connections" },
    { clause: "read-only", reason: "OpenSearch has no read-only replicas" },
    { clause: "expired", reason: "OpenSearch's users and passwords do not expire" },
  ],
  notInNames: /[:%?]/g,
  start: async (certificate) => opensearchServerOf(await startOpensearch(binary, certificate)),
});
