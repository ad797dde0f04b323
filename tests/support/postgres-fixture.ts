import pg from "pg";
import type { EmbeddedPostgres, PostgresOptions } from "../../local/postgres/embedded-postgres.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { Account, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { describePostgresAccount, describePostgresInEffect, postgresAccountProperties } from "./postgres-accounts.ts";

const engine = postgresEngine();
const quoted = pg.escapeIdentifier;

async function connect({ host, port }: EmbeddedPostgres, { username, password }: Account): Promise<pg.Client> {
  const client = new pg.Client({ host, port, database: "postgres", user: username, password });
  await client.connect();
  return client;
}

/** A running PostgreSQL whose superuser is the admin. */
export async function postgresServer(postgres: EmbeddedPostgres): Promise<EngineServer> {
  const { host, port, superuser, admin } = postgres;
  await admin("CREATE EXTENSION pg_stat_statements");
  const passwords = new Map<string, string>();
  const until = async (impose: string, relieve: string): Promise<AsyncDisposable> => {
    await admin(impose);
    return { [Symbol.asyncDispose]: async () => void (await admin(relieve)) };
  };
  return {
    host,
    port,
    fields: { engine: "postgres", dbname: "postgres", ssl: false },
    unknownDatabase: { dbname: "nope" },
    admin: superuser,
    async createUser({ username, password }) {
      await admin(`CREATE ROLE ${quoted(username)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
      passwords.set(username, password);
      return {};
    },
    async changePassword({ username, password }) {
      await admin(`ALTER ROLE ${quoted(username)} PASSWORD ${pg.escapeLiteral(password)}`);
    },
    async accepts(account) {
      const client = await connect(postgres, account).catch(() => undefined);
      await client?.end();
      return client !== undefined;
    },
    async logs() {
      const statements = await admin<{ query: string }>("SELECT query FROM pg_stat_statements");
      return [await postgres.log(), ...statements.map(({ query }) => query)].join("\n");
    },
    failedLogins: async () => (await postgres.log()).split("password authentication failed for user").length - 1,
    hardships: {
      async locked(username) {
        const holder = await connect(postgres, superuser);
        await holder.query(`BEGIN; ALTER ROLE ${quoted(username)} CONNECTION LIMIT 50`);
        return {
          async [Symbol.asyncDispose]() {
            await holder.query("ROLLBACK");
            await holder.end();
          },
        };
      },
      // The limit of the first user is its alternate's too, once a rotation has brought them in step.
      busy: async (username) =>
        until(
          `ALTER ROLE ${quoted(username)} CONNECTION LIMIT 0`,
          `DO $$ DECLARE who name; BEGIN
             FOR who IN SELECT rolname FROM pg_roles WHERE rolname IN (${pg.escapeLiteral(username)}, ${pg.escapeLiteral(`${username}_clone`)}) LOOP
               EXECUTE format('ALTER ROLE %I CONNECTION LIMIT -1', who);
             END LOOP; END $$`,
        ),
      "read-only": async () =>
        until(
          "ALTER DATABASE postgres SET default_transaction_read_only = on",
          "BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT",
        ),
      expired: async (username) =>
        until(
          `ALTER ROLE ${quoted(username)} VALID UNTIL '2001-01-01'`,
          `ALTER ROLE ${quoted(username)} VALID UNTIL 'infinity'`,
        ),
    },
    accountProperties: postgresAccountProperties(postgres, (user) => passwords.get(user) ?? ""),
    describeAccount: async (username) => describePostgresAccount(postgres, username),
    describeInEffect: async (account) => describePostgresInEffect(postgres, account),
    stop: async () => postgres.stop(),
  };
}

/** PostgreSQL of some version, which `start` starts with every statement in its log. */
export const postgresFixture = (
  name: string,
  start: (options: PostgresOptions) => Promise<EmbeddedPostgres>,
): EngineFixture => ({
  name,
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  async hold({ host, port }, account) {
    const client = new pg.Client({
      host,
      port,
      database: "postgres",
      user: account.username,
      password: account.password,
    });
    await client.connect();
    return { [Symbol.asyncDispose]: async () => client.end() };
  },
  start: async (certificate) => postgresServer(await start(certificate === undefined ? {} : { certificate })),
  // AuthenticationCleartextPassword, in answer to the startup message.
  askForClearPassword: (socket) =>
    void socket.once("data", () => socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))),
});
