import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { vaultDynamicSource } from "../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, vaultAdmin, type VaultAdmin } from "../support/vault-http.ts";

const policy = `
path "database/creds/*" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
`;

describe.skipIf(bao === undefined)("with OpenBao", () => {
  let vault: VaultUnderTest;
  let postgres: EmbeddedPostgres;
  let admin: VaultAdmin;
  let login: { readonly method: "approle"; readonly roleId: string; readonly secretId: SecretValue };

  async function must(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await admin(method, path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  beforeAll(async () => {
    [vault, postgres] = await Promise.all([startOpenBao(bao ?? ""), startPostgres()]);
    admin = vaultAdmin(vault);
    await must("POST", "sys/mounts/database", { type: "database" });
    await must("POST", "database/config/orders", {
      plugin_name: "postgresql-database-plugin",
      allowed_roles: "*",
      connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
      ...postgres.superuser,
      password_authentication: "scram-sha-256",
    });
    await must("POST", "sys/policies/acl/orders", { policy });
    await must("POST", "sys/auth/approle", { type: "approle" });
    await must("POST", "auth/approle/role/orders", { token_policies: "orders", token_ttl: "1h" });
    const roleId = String(at(await must("GET", "auth/approle/role/orders/role-id"), "data", "role_id"));
    const secretId = at(await must("POST", "auth/approle/role/orders/secret-id", {}), "data", "secret_id");
    login = { method: "approle", roleId, secretId: new SecretValue(String(secretId)) };
  });
  afterAll(async () => {
    await vault.stop();
    await postgres.stop();
  });

  async function newRole(name: string, ttl: string, maxTtl: string): Promise<string> {
    await must("POST", `database/roles/${name}`, {
      db_name: "orders",
      default_ttl: ttl,
      max_ttl: maxTtl,
      creation_statements: [
        `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE pg_monitor`,
      ],
    });
    return name;
  }

  async function open(role: string, options: { readonly revokes?: boolean } = {}) {
    const { host, port } = postgres;
    const source = vaultDynamicSource({
      address: vault.address,
      login,
      connection: { engine: "postgres", host, port, dbname: "postgres", ssl: false },
    });
    const client = createSecretClient({ source, spreadMs: 50 });
    client.subscribe(source);
    const pool = createRotatingPool({
      client,
      secretId: role,
      pool: { max: 4, maxUses: 20 },
      ...(options.revokes === true && { acknowledge: source.revokeReplaced }),
    });
    const close = async (): Promise<void> => {
      await pool[Symbol.asyncDispose]();
      await client.close();
      await source.close();
    };
    onTestFinished(close);
    return { source, client, pool, close };
  }

  async function users(role: string): Promise<readonly string[]> {
    const superuser = new pg.Client({
      host: postgres.host,
      port: postgres.port,
      database: "postgres",
      user: postgres.superuser.username,
      password: postgres.superuser.password,
    });
    await superuser.connect();
    try {
      const like = `v-%-${role.slice(0, 8)}-%`;
      const { rows } = await superuser.query<{ rolname: string }>(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE $1",
        [like],
      );
      return rows.map(({ rolname }) => rolname);
    } finally {
      await superuser.end();
    }
  }

  test("leases that their max TTL ends are replaced under load, and no query fails", async () => {
    const { pool, client } = await open(await newRole("short", "6s", "7s"), { revokes: true });
    const seen = new Set<string>();
    const failures: unknown[] = [];
    client.on("rotated", ({ version }) => seen.add(version.versionId));
    let running = true;
    let queries = 0;
    const worker = async (): Promise<void> => {
      while (running) {
        await pool.query("SELECT pg_sleep(0.005)").catch((error: unknown) => failures.push(error));
        queries++;
      }
    };
    const workers = [1, 2, 3, 4].map(worker);
    await expect.poll(() => seen.size, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
    running = false;
    await Promise.all(workers);
    expect(failures).toEqual([]);
    expect(queries).toBeGreaterThan(100);
    expect(pool.refusedLogins).toBe(0);
  });

  test("a lease that outlives its first TTL is renewed, not replaced", async () => {
    const { pool, client } = await open(await newRole("renewed", "4s", "1h"));
    const rotations: unknown[] = [];
    client.on("rotated", (event) => rotations.push(event));
    const read = async (): Promise<{ readonly user: string; readonly seconds: number }> => {
      const { rows } = await pool.query<{ user: string; seconds: number }>(
        "SELECT current_user AS user, extract(epoch FROM now())::float AS seconds",
      );
      return rows[0] ?? { user: "", seconds: 0 };
    };
    const { user, seconds } = await read();
    await expect.poll(async () => (await read()).seconds - seconds, { timeout: 60_000 }).toBeGreaterThan(5);
    expect((await read()).user).toBe(user);
    expect(rotations).toEqual([]);
  });

  test("a revoked lease costs no connection: the next login is refused and a new lease taken", async () => {
    const { pool, client } = await open(await newRole("revoked", "1h", "2h"));
    await pool.query("SELECT 1");
    const before = (await client.get("revoked")).versionId;
    // A lease that is younger is not replaced: the server would refuse the next one, too.
    await expect
      .poll(
        async () => {
          await admin("PUT", "sys/leases/revoke-prefix/database/creds/revoked", { sync: true });
          const connection = await pool.connect().catch(() => undefined);
          connection?.release(true);
          return pool.versionId === before ? undefined : connection !== undefined;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    expect((await pool.query("SELECT 1")).rowCount).toBe(1);
  });

  test("the end revokes the lease, and its user is gone", async () => {
    const { pool, close, source } = await open(await newRole("closing", "1h", "2h"));
    await pool.query("SELECT 1");
    expect(await users("closing")).toHaveLength(1);
    await close();
    await expect.poll(async () => users("closing")).toEqual([]);
    await expect(
      source.read("closing", { label: "AWSCURRENT" }, { signal: AbortSignal.timeout(1_000) }),
    ).rejects.toMatchObject({ code: "pool-closed" });
  });

  test("a role that does not exist, and one that may not be read, have their codes", async () => {
    const { client } = await open("none");
    await expect(client.get("none")).rejects.toMatchObject({ code: "secret-not-found" });
    await must("POST", "sys/policies/acl/orders", { policy: 'path "x" { capabilities = ["read"] }' });
    onTestFinished(async () => void (await must("POST", "sys/policies/acl/orders", { policy })));
    const { client: denied } = await open("none");
    await expect(denied.get("none")).rejects.toMatchObject({ code: "mirror-unauthorized" });
  });

  test(
    "without Vault a lease is used to its end, and then connections fail with the reason",
    { timeout: 30_000 },
    async () => {
      const { pool } = await open(await newRole("orphaned", "4s", "1h"));
      await pool.query("SELECT 1");
      await vault.stop();
      expect((await pool.query("SELECT 1")).rowCount).toBe(1);
      const outcome = async (): Promise<unknown> => {
        const connection = await pool.connect().catch((error: unknown) => error);
        if (connection instanceof Error) return "code" in connection ? connection.code : connection;
        (connection as pg.PoolClient).release(true);
        return "connected";
      };
      expect(await outcome()).toBe("connected");
      await expect.poll(outcome, { timeout: 60_000 }).toBe("mirror-unavailable");
    },
  );
});
