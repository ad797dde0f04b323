import { elasticsearchEngine } from "../../shared/engines/elasticsearch/elasticsearch-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  AccountProperty,
  EngineFixture,
  EngineServer,
  ServerCertificate,
} from "../../shared/testing/engine-contract/fixture.ts";
import { type ElasticsearchStandIn, type KeptUser, quickUser, startElasticsearch } from "./elasticsearch-server.ts";
import { httpExemptions } from "./http-exemptions.ts";

const rotator = { username: "rotator", password: "rotator-of-the-tests" };
const mark = "rekey_alternate_of";

/** What an operator gives by the API. */
function propertiesOf({ users }: ElasticsearchStandIn): Readonly<Record<string, AccountProperty>> {
  const set = (change: Partial<KeptUser>): AccountProperty => ({
    give: async (username) => void Object.assign(users.get(username) ?? {}, change),
  });
  return {
    "no property": set({}),
    roles: set({ roles: ["orders reader", "kibana_user"] }),
    "full name": set({ full_name: 'Orders "A"' }),
    email: set({ email: "orders@example.com" }),
    metadata: set({ metadata: { tenant: 42, shops: { north: [1, 2.5], south: null } } }),
    "metadata and roles": set({ roles: ["superuser"], metadata: { team: "a" } }),
  };
}

function describe({ users }: ElasticsearchStandIn, username: string): readonly string[] {
  const kept = users.get(username);
  if (kept === undefined) return [];
  const { roles, full_name, email, enabled, metadata } = kept;
  const own = Object.entries(metadata).filter(([name, value]) => name !== mark && value !== null);
  return [
    JSON.stringify({ roles, full_name, email, enabled }),
    ...own
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
      .toSorted((one, other) => one.localeCompare(other, "en")),
  ];
}

async function serverOf(certificate?: ServerCertificate): Promise<EngineServer> {
  const server = await startElasticsearch(certificate);
  server.users.set(rotator.username, quickUser(rotator.password, ["manage_users"]));
  return {
    host: "127.0.0.1",
    port: server.port,
    fields: { engine: "elasticsearch", ssl: false },
    admin: rotator,
    async createUser({ username, password }) {
      server.users.set(username, quickUser(password));
      return {};
    },
    async changePassword({ username, password }) {
      Object.assign(server.users.get(username) ?? {}, { password: quickUser(password).password });
    },
    accepts: server.accepts,
    logs: async () => server.log.join("\n"),
    failedLogins: async () => server.failedLogins,
    hardships: {
      async busy() {
        server.isBusy = true;
        return { [Symbol.asyncDispose]: async () => void (server.isBusy = false) };
      },
    },
    accountProperties: propertiesOf(server),
    describeAccount: async (username) => describe(server, username),
    stop: server.stop,
  };
}

const engine = elasticsearchEngine();

export const elasticsearchFixture: EngineFixture = {
  name: "a server of the tests that answers like Elasticsearch",
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
    { strategy: "single-user", usesAdmin: true },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    ...httpExemptions,
    { clause: "lock-out", reason: "Elasticsearch locks nobody out" },
    { clause: "read-only", reason: "Elasticsearch has no read-only replicas" },
    { clause: "expired", reason: "native users and their passwords do not expire" },
  ],
  // Printable ASCII without blanks at the ends; rekey refuses a comma and an underscore in front.
  notInNames: /^(?:[^\x20-\x7e]|[:,_ ])+|(?:[^\x20-\x7e]|[:, ])+$|[^\x20-\x7e]|[:,]/gu,
  start: serverOf,
};
