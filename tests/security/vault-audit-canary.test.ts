import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vaultKv2Audit } from "../../shared/mirrors/kv2-audit.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { findPasswords } from "../../shared/testing/engine-contract/containers.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { entryOf, inTime } from "../support/mirror-entries.ts";
import { bao } from "../support/openbao.ts";
import { type SealableOpenBao, startSealableOpenBao } from "../support/sealable-openbao.ts";
import { at, vaultAdmin } from "../support/vault-http.ts";

describe.skipIf(bao === undefined)("the audit log of a real OpenBao", () => {
  let vault: SealableOpenBao;
  beforeAll(async () => {
    vault = await startSealableOpenBao(bao ?? "");
  });
  afterAll(() => vault.stop());

  test("knows what the mirror did, and neither a value of the secret, nor the token, nor the secret id", async () => {
    const admin = vaultAdmin(vault);
    await admin("POST", "sys/policies/acl/mirror", { policy: mirrorPolicy("secret") });
    await admin("POST", "sys/auth/approle", { type: "approle" });
    await admin("POST", "auth/approle/role/mirror", { token_policies: ["mirror"] });
    const roleId = String(at((await admin("GET", "auth/approle/role/mirror/role-id")).body, "data", "role_id"));
    const secretId = String(at((await admin("POST", "auth/approle/role/mirror/secret-id")).body, "data", "secret_id"));
    const login = { method: "approle", roleId, secretId: new SecretValue(secretId) } as const;
    const send = connectVault({ address: vault.address, login });
    const canaries = ["1-canary-password", "2-canary-password", "canary-whole-text", secretId, vault.rootToken];
    const valued = (text: string, minute: number) => ({
      ...entryOf("audited/db", { minute }),
      value: new SecretValue(text),
    });

    const mirror = vaultKv2Mirror(send);
    await mirror.write(valued('{"password":"1-canary-password","port":5432}', 1), inTime());
    await mirror.write(valued('{"password":"2-canary-password"}', 2), inTime());
    expect(await vaultKv2Audit(send).compare(valued('{"password":"2-canary-password"}', 2), inTime())).toBe("same");
    await mirror.withdraw(entryOf("audited/db"), inTime());
    await mirror.write(valued("canary-whole-text", 3), inTime());
    await vault.seal();
    await expect(mirror.write(valued("canary-whole-text", 4), inTime())).rejects.toMatchObject({
      code: "mirror-unavailable",
    });
    await vault.unseal();
    await mirror.write(valued("canary-whole-text", 4), inTime());

    const { audit, log } = vault.written();
    for (const path of ["data", "delete", "undelete"]) expect(audit).toContain(`"path":"secret/${path}/audited/db"`);
    expect(audit).toContain('"path":"auth/approle/login"');
    expect(findPasswords(audit + log, canaries)).toEqual([]);
    expect(findPasswords(`${audit} 2-canary-password`, canaries)).toEqual(["2-canary-password"]);
  });
});
