import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { type LocalVault, startVault } from "../../local/vault/server.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { entryOf, inTime } from "../support/mirror-entries.ts";
import { bao } from "../support/openbao.ts";

const run = promisify(execFile);

describe.skipIf(bao === undefined)("the bao command line on the local Vault", () => {
  let vault: LocalVault;
  let home: string;
  beforeAll(async () => {
    vault = await startVault({ clock: movableClock() });
    home = mkdtempSync(join(tmpdir(), "rekey-cli-"));
  });
  afterAll(async () => {
    rmSync(home, { recursive: true, force: true });
    await vault.stop();
  });

  async function cli(command: string, token = vault.rootToken): Promise<string> {
    const { address } = vault;
    const env = { HOME: home, VAULT_ADDR: address, BAO_ADDR: address, VAULT_TOKEN: token, BAO_TOKEN: token };
    const { stdout } = await run(bao ?? "", command.split(" "), { env: { PATH: process.env["PATH"] ?? "", ...env } });
    return stdout.trim();
  }

  test("kv put and kv get work as in Vault's own documentation", async () => {
    expect(await cli("kv put secret/api-key value=12345")).toContain("secret/data/api-key");
    expect(await cli("kv get -field=value secret/api-key")).toBe("12345");
    expect(await cli("kv get -field=value -mount=secret api-key")).toBe("12345");
  });

  test("kv patch, metadata, list, delete and undelete work", async () => {
    await cli("kv put secret/team/db user=a password=b");
    await cli("kv patch secret/team/db password=c");
    expect(await cli("kv get -field=password secret/team/db")).toBe("c");
    expect(await cli("kv get -version=1 -field=password secret/team/db")).toBe("b");
    await cli("kv metadata put -custom-metadata=owner=me secret/team/db");
    expect(await cli("kv metadata get secret/team/db")).toContain("owner:me");
    expect(await cli("kv list secret/team")).toContain("db");
    await cli("kv delete secret/team/db");
    await expect(cli("kv get -field=password secret/team/db")).rejects.toThrow(/No data found/);
    await cli("kv undelete -versions=2 secret/team/db");
    expect(await cli("kv get -field=password secret/team/db")).toBe("c");
  });

  test("a token lives for as long as -ttl says, and a body without anything is none", async () => {
    const created = JSON.parse(await cli("token create -ttl=1h -format=json"));
    expect(created).toMatchObject({ auth: { lease_duration: 3600, renewable: true } });
    expect(JSON.parse(await cli("write -f -format=json auth/token/create"))).toMatchObject({
      auth: { client_token: expect.any(String) },
    });
  });

  test("an answer that is to be wrapped is refused, and shows neither secret nor token", async () => {
    await cli("kv put secret/wrapped value=canary-wrapped");
    for (const command of ["kv get -wrap-ttl=60s secret/wrapped", "token create -wrap-ttl=60s"]) {
      const failure: unknown = await cli(command).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("wrapping is not served") });
      expect(JSON.stringify(failure)).not.toContain("canary");
    }
  });

  test("kv put with a stale check-and-set fails with Vault's words", async () => {
    await cli("kv put -cas=0 secret/once a=b");
    await expect(cli("kv put -cas=0 secret/once a=b")).rejects.toThrow(/check-and-set parameter did not match/);
  });

  test("a wrong token is refused with Vault's words", async () => {
    await expect(cli("kv get secret/api-key", "s.wrong")).rejects.toThrow(/permission denied/);
  });

  test("token, policy, auth and secrets commands work", async () => {
    expect(await cli("token lookup -format=json")).toContain('"root"');
    expect(await cli("policy list")).toContain("default");
    expect(await cli("secrets list")).toContain("secret/");
    await cli("auth enable approle");
    await cli("write auth/approle/role/app token_policies=default token_ttl=60s");
    expect(await cli("read -field=role_id auth/approle/role/app/role-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(await cli("status -format=json")).toContain('"sealed": false');
  });

  test("kv get reads what the mirror wrote, field by field", async () => {
    const login = { method: "token", token: new SecretValue(vault.rootToken) } as const;
    const mirror = vaultKv2Mirror(connectVault({ address: vault.address, login }));
    await mirror.write(entryOf("prod/db", { text: '{"username":"app","password":"p","port":5432}' }), inTime());
    expect(await cli("kv get -field=password secret/prod/db")).toBe("p");
    expect(await cli("kv get -field=port secret/prod/db")).toBe("5432");
    expect(await cli("kv get -field=rekey_label secret/prod/db")).toBe("AWSCURRENT");
  });
});
