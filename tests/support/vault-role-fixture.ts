import pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { vaultStaticRoleEngine } from "../../shared/engines/vault-static-role/vault-static-role-engine.ts";
import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { Credential, DatabaseEngine, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { Account, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { startOpenBao, type VaultUnderTest } from "./openbao.ts";
import { at, vaultAdmin } from "./vault-http.ts";

/** The engine of a function whose Vault stands at the secret's own host and port, with a role named after the user. */
export function engineBehindProxy(rootToken: () => string): DatabaseEngine & CredentialIssuer {
  // Each call logs in to Vault again, as a cold container does. The secret is named after its user, which is its role.
  const engineAt = ({ port, secretName = "" }: DatabaseTarget): DatabaseEngine & CredentialIssuer => {
    const grants = new Map([[secretName, [`database/${secretName}`]]]);
    const login = { method: "token", token: new SecretValue(rootToken()) } as const;
    return vaultStaticRoleEngine(connectVault({ address: `http://127.0.0.1:${port}`, login }), grants);
  };
  const named = (target: DatabaseTarget, { username }: Credential): DatabaseTarget => ({
    ...target,
    secretName: username,
    options: new Map([["rekey:vault-role", username]]),
  });
  return {
    ...vaultStaticRoleEngine(async () => ({ status: 503, body: undefined }), new Map()),
    login: async (target, credential, call) =>
      engineAt(named(target, credential)).login(named(target, credential), credential, call),
    issue: async (target, current, call) =>
      engineAt(named(target, current)).issue(named(target, current), current, call),
    revokeOthers: async (target, keep, call) =>
      engineAt(named(target, keep)).revokeOthers(named(target, keep), keep, call),
  };
}

async function logsIn({ host, port }: EmbeddedPostgres, { username, password }: Account): Promise<boolean> {
  const client = new pg.Client({ host, port, database: "postgres", user: username, password });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function serverOf(vault: VaultUnderTest, postgres: EmbeddedPostgres): EngineServer {
  const admin = vaultAdmin(vault);
  const held = async (username: string): Promise<string> =>
    String(at((await admin("GET", `database/static-creds/${username}`)).body, "data", "password"));
  return {
    host: "127.0.0.1",
    port: Number(new URL(vault.address).port),
    fields: { engine: "postgres", ssl: false },
    async createUser({ username, password }) {
      await postgres.admin(`CREATE ROLE ${pg.escapeIdentifier(username)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
      const role = { db_name: "orders", username, rotation_period: "720h" };
      const { status } = await admin("POST", `database/static-roles/${username}`, role);
      if (status !== 204) throw new Error(`OpenBao refused the role: ${status}`);
      return { password: await held(username) };
    },
    async changePassword({ username, password }) {
      await postgres.admin(`ALTER ROLE ${pg.escapeIdentifier(username)} PASSWORD ${pg.escapeLiteral(password)}`);
    },
    accepts: async (account) => logsIn(postgres, account),
    logsInElsewhere: async (username) => logsIn(postgres, { username, password: await held(username) }),
    logs: async () => postgres.log(),
    failedLogins: async () => 0,
    hardships: {},
    async stop() {
      await vault.stop();
      await postgres.stop();
    },
  };
}

/** A real OpenBao whose database engine, `database`, has a PostgreSQL as `orders`. */
export async function startVaultWithDatabase(
  bao: string,
): Promise<{ readonly vault: VaultUnderTest; readonly server: EngineServer }> {
  const [vault, postgres] = await Promise.all([startOpenBao(bao), startPostgres()]);
  const admin = vaultAdmin(vault);
  await admin("POST", "sys/mounts/database", { type: "database" });
  const { status } = await admin("POST", "database/config/orders", {
    plugin_name: "postgresql-database-plugin",
    allowed_roles: "*",
    connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
    ...postgres.superuser,
    password_authentication: "scram-sha-256",
  });
  if (status !== 204) throw new Error(`OpenBao refused the database: ${status}`);
  return { vault, server: serverOf(vault, postgres) };
}

/** Static roles of a real OpenBao, with a PostgreSQL behind it. */
export function vaultRoleFixture(bao: string): EngineFixture {
  let token = "";
  const engine = engineBehindProxy(() => token);
  const notIts = "rekey speaks to Vault alone; the connection to the database is Vault's";
  return {
    name: "Vault's static roles (OpenBao, PostgreSQL)",
    engine,
    strategies: { issued: issued(engine) },
    variants: [{ strategy: "issued", usesAdmin: false }],
    exemptions: [
      {
        clause: "nothing-else-changed",
        reason: "Vault changes the account, by the statements of its own configuration",
      },
      { clause: "healthy", reason: "each request to Vault is a connection of its own, so there are more than two" },
      { clause: "lock-out", reason: notIts },
      {
        clause: "clear-text",
        reason: "Vault makes the passwords; the engine's own tests look for them in the server's log",
      },
      {
        clause: "tls",
        reason: "Vault's certificate is the function's configuration; the transport's own tests try it",
      },
      { clause: "tls-absent", reason: "as above" },
      { clause: "tls-not-verified", reason: "as above" },
      { clause: "clear-password-asked", reason: notIts },
      {
        clause: "black-hole",
        reason: "a Vault that is away is mirror-unavailable, as for the mirror, whose tests try it",
      },
      { clause: "silent", reason: "as above" },
      { clause: "unknown-database", reason: notIts },
      { clause: "locked", reason: notIts },
      { clause: "busy", reason: notIts },
      { clause: "read-only", reason: notIts },
      { clause: "expired", reason: notIts },
      {
        clause: "at-once",
        reason:
          "two createSecret runs may each have Vault rotate, and the first one's credential is stored; testSecret finds out and the next rotation adopts what Vault holds",
      },
      { clause: "rolled-back", reason: "Vault's rotation has ended the old password: there is nothing to go back to" },
      { clause: "tampered", reason: "Vault names the user, so another one in AWSPENDING is told by the login" },
      { clause: "changed-by-hand", reason: "only Vault can put the database right again" },
      { clause: "retired", reason: "a static role has one password, and the one before has stopped" },
      { clause: "awkward-names", reason: "the role's name is a path in Vault; which names it takes is Vault's affair" },
    ],
    async start() {
      const { vault, server } = await startVaultWithDatabase(bao);
      token = vault.rootToken;
      return server;
    },
  };
}
