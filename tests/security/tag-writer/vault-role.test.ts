import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vaultRoleGrants } from "../../../shared/runtime/rotation-grants.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { vaultStaticRoleEngine } from "../../../shared/engines/vault-static-role/vault-static-role-engine.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { memorySecretId } from "../../../shared/testing/memory-rotation.ts";
import { connectVault } from "../../../shared/vault/connect-vault.ts";
import { issuedRotation } from "../../support/issued-rotation.ts";
import { bao, type VaultUnderTest } from "../../support/openbao.ts";
import { at, vaultAdmin } from "../../support/vault-http.ts";
import { startVaultWithDatabase } from "../../support/vault-role-fixture.ts";
import type { EngineServer } from "../../../shared/testing/engine-contract/fixture.ts";

describe.skipIf(bao === undefined)("static roles of a real OpenBao", () => {
  let vault: VaultUnderTest;
  let server: EngineServer;
  beforeAll(async () => {
    ({ vault, server } = await startVaultWithDatabase(bao ?? ""));
    for (const username of ["tenant", "victim"]) await server.createUser({ username, password: "before-vault" });
  });
  afterAll(() => server.stop());

  test.each([
    ["another secret's role", { "rekey:vault-role": "victim" }],
    [
      "another secret's role by way of the mount",
      { "rekey:vault-db-mount": "database/static-creds/..", "rekey:vault-role": "victim" },
    ],
  ])("%s that a tag names is neither rotated nor stored in the tag's secret", async (_what, tags) => {
    const { address } = vault;
    const token = new SecretValue(vault.rootToken);
    const admin = vaultAdmin(vault);
    const held = async (role: string): Promise<string> =>
      String(at((await admin("GET", `database/static-creds/${role}`)).body, "data", "password"));
    const canary = await held("victim");
    const environment = environmentOf({
      REKEY_VAULT_ROLES: `${memorySecretId}=database/tenant,victim=database/victim`,
    });
    const engine = vaultStaticRoleEngine(
      connectVault({ address, login: { method: "token", token } }),
      vaultRoleGrants(environment),
    );
    const value = { engine: "postgres", host: "db", username: "tenant", password: await held("tenant") };
    const rotation = issuedRotation(engine, value, tags);
    await expect(rotation.rotate("v1")).rejects.toMatchObject({ code: "option-invalid" });
    expect(await held("victim")).toBe(canary);
    expect(rotation.store.stored().filter((version) => version.value.reveal().includes(canary))).toEqual([]);
  });
});
