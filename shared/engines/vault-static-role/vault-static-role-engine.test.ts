import { inspect } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type IssuedRotation, issuedRotation } from "../../../tests/support/issued-rotation.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../../../tests/support/openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../../../tests/support/vault-http.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memorySecretId } from "../../testing/memory-rotation.ts";
import { connectVault, type VaultSend } from "../../vault/connect-vault.ts";
import { vaultStaticRoleEngine } from "./vault-static-role-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const policy = (role: string): string =>
  `path "database/static-creds/${role}" { capabilities = ["read"] }
   path "database/rotate-role/${role}" { capabilities = ["update"] }`;

describe.skipIf(bao === undefined)("on a real OpenBao and the PostgreSQL behind it", () => {
  let vault: VaultUnderTest;
  let postgres: EmbeddedPostgres;
  let admin: VaultAdmin;
  let send: VaultSend;
  let serial = 0;
  const seen: string[] = [];
  const granted = ["database/nope", "db/nope"];
  const grants = new Map([memorySecretId, "db/orders"].map((name) => [name, granted]));
  const engineOn = (through: VaultSend) => vaultStaticRoleEngine(through, grants);

  const targetOf = (role?: string, mount?: string): DatabaseTarget => ({
    secretName: "db/orders",
    engine: "postgres",
    host: postgres.host,
    port: postgres.port,
    dbname: "postgres",
    tls: { mode: "disable" },
    options: new Map([
      ...(role === undefined ? [] : [["rekey:vault-role", role] as const]),
      ...(mount === undefined ? [] : [["rekey:vault-db-mount", mount] as const]),
    ]),
  });
  async function held(role: string): Promise<Credential> {
    const { body } = await admin("GET", `database/static-creds/${role}`);
    const password = String(at(body, "data", "password"));
    seen.push(password);
    return { username: String(at(body, "data", "username")), password: new SecretValue(password) };
  }
  async function newRole(): Promise<string> {
    const role = `app-${++serial}`;
    granted.push(`database/${role}`);
    await postgres.admin(`CREATE ROLE "${role}" LOGIN PASSWORD 'before-vault'`);
    const made = await admin("POST", `database/static-roles/${role}`, {
      db_name: "orders",
      username: role,
      rotation_period: "720h",
    });
    expect(made.status).toBe(204);
    return role;
  }
  async function logsIn({ username, password }: Credential): Promise<boolean> {
    const { host, port } = postgres;
    const client = new pg.Client({ host, port, database: "postgres", user: username, password: password.reveal() });
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  async function limited(rules: string): Promise<VaultSend> {
    const name = `limited-${++serial}`;
    await admin("POST", `sys/policies/acl/${name}`, { policy: rules });
    const { body } = await admin("POST", "auth/token/create", { policies: [name] });
    const token = new SecretValue(String(at(body, "auth", "client_token")));
    return connectVault({ address: vault.address, login: { method: "token", token } });
  }
  async function rotationOf(role: string, through: VaultSend): Promise<IssuedRotation> {
    const { username, password } = await held(role);
    const { host, port } = postgres;
    const value = { engine: "postgres", host, port, username, password: password.reveal() };
    return issuedRotation(engineOn(through), value, { "rekey:vault-role": role });
  }

  beforeAll(async () => {
    [vault, postgres] = await Promise.all([startOpenBao(bao ?? ""), startPostgres()]);
    admin = vaultAdmin(vault);
    send = connectVault({
      address: vault.address,
      login: { method: "token", token: new SecretValue(vault.rootToken) },
    });
    await admin("POST", "sys/mounts/database", { type: "database" });
    const configured = await admin("POST", "database/config/orders", {
      plugin_name: "postgresql-database-plugin",
      allowed_roles: "*",
      connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
      ...postgres.superuser,
      password_authentication: "scram-sha-256",
    });
    if (configured.status !== 204) throw new Error(`OpenBao refused the database: ${configured.status}`);
  });
  afterAll(async () => {
    await vault?.stop();
    await postgres?.stop();
  });

  test("the least rights that the documentation names suffice; the new password logs in to the database, the old one not", async () => {
    const role = await newRole();
    const rotation = await rotationOf(role, await limited(policy(role)));
    const before = rotation.stored("AWSCURRENT");
    await rotation.rotate("v1");
    const after = rotation.stored("AWSCURRENT");
    expect(after.password.equals(before.password)).toBe(false);
    expect([await logsIn(after), await logsIn(before)]).toEqual([true, false]);
  });

  test("a credential that Vault made on its own schedule is adopted, not rotated once more", async () => {
    const role = await newRole();
    const rotation = await rotationOf(role, send);
    await admin("POST", `database/rotate-role/${role}`);
    const scheduled = await held(role);
    await rotation.rotate("v1");
    expect(rotation.stored("AWSCURRENT").password.equals(scheduled.password)).toBe(true);
    expect(await logsIn(scheduled)).toBe(true);
  });

  test.each([false, true])(
    "cut at any message to Vault (after it took effect: %s), a rotation converges when it is repeated",
    async (takesEffect) => {
      for (let cutAt = 0, messages = 0; cutAt <= messages; cutAt++) {
        const role = await newRole();
        let sent = 0;
        const rotation = await rotationOf(role, async (request, options) => {
          const isCut = ++sent === cutAt;
          if (isCut && !takesEffect) throw new RekeyError("mirror-unavailable");
          const answer = await send(request, options);
          if (isCut) throw new RekeyError("mirror-unavailable");
          return answer;
        });
        await rotation.rotate("v1", 2);
        if (cutAt === 0) messages = sent;
        const current = rotation.stored("AWSCURRENT");
        seen.push(current.password.reveal());
        expect({ cutAt, logsIn: await logsIn(current) }).toEqual({ cutAt, logsIn: true });
        expect(rotation.store.versionIdOf("AWSCURRENT")).toBe("v1");
        expect(messages).toBe(5);
      }
    },
  );

  test("a password that Vault does not hold is a result", async () => {
    const role = await newRole();
    const other = { username: role, password: new SecretValue("before-vault") };
    const engine = engineOn(send);
    expect(await engine.login(targetOf(role), other, call)).toEqual({ ok: false, refusal: "bad-credential" });
    expect(await engine.login(targetOf(role), await held(role), call)).toMatchObject({ ok: true });
  });

  test.each([
    ["no role", undefined, undefined],
    ["an unknown role", "nope", undefined],
    ["an unknown mount", "nope", "db"],
    ["a role that is another path", "../config/orders", undefined],
  ])("%s is option-invalid", async (_what, role, mount) => {
    const asked = engineOn(send).login(targetOf(role, mount), { username: "u", password: new SecretValue("p") }, call);
    await expect(asked).rejects.toMatchObject({ code: "option-invalid" });
  });

  test("a role that the function's owner did not grant to this secret is option-invalid, before Vault is asked", async () => {
    const target = { ...targetOf("app-of-another"), secretName: "db/orders" };
    let asked = 0;
    const engine = engineOn(async () => ({ status: (asked += 1), body: undefined }));
    await expect(engine.issue(target, await held(await newRole()), call)).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "rekey:vault-role", path: "database/app-of-another", problem: "not granted to this secret" },
      hint: expect.stringContaining("add db/orders=database/app-of-another to REKEY_VAULT_ROLES"),
    });
    expect(asked).toBe(0);
  });

  test("a right that is missing is named", async () => {
    const role = await newRole();
    const current = await held(role);
    const readsOnly = engineOn(await limited(`path "database/static-creds/${role}" { capabilities = ["read"] }`));
    await expect(readsOnly.issue(targetOf(role), current, call)).rejects.toMatchObject({
      code: "mirror-unauthorized",
      hint: expect.stringContaining(`path "database/rotate-role/${role}" { capabilities = ["update"] }`),
    });
    const nothing = engineOn(await limited(`path "x" { capabilities = ["read"] }`));
    await expect(nothing.login(targetOf(role), current, call)).rejects.toMatchObject({ code: "mirror-unauthorized" });
  });

  test("a database that Vault cannot change is mirror-unavailable, and the credential is what it was", async () => {
    const role = await newRole();
    const current = await held(role);
    await postgres.admin(`ALTER ROLE "${role}" RENAME TO "${role}-away"`);
    await expect(engineOn(send).issue(targetOf(role), current, call)).rejects.toMatchObject({
      code: "mirror-unavailable",
    });
    await postgres.admin(`ALTER ROLE "${role}-away" RENAME TO "${role}"`);
    expect(await logsIn(current)).toBe(true);
  });

  test("no password that Vault made is in PostgreSQL's log, nor in an error", async () => {
    const role = await newRole();
    const current = await held(role);
    const error: unknown = await engineOn(send)
      .issue(targetOf("nope"), current, call)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RekeyError);
    const log = await postgres.log();
    expect(log).toContain("SCRAM-SHA-256");
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((password) => log.includes(password) || inspect(error).includes(password))).toEqual([]);
  });
});
