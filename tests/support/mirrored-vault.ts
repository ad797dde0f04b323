import { vaultKv2Mirror, type VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import type { Mirror } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault, type VaultOptions } from "../../shared/vault/connect-vault.ts";
import { entryDates } from "./mirror-entries.ts";
import type { VaultUnderTest } from "./openbao.ts";
import { at, vaultAdmin } from "./vault-http.ts";

/** A Vault with AppRole logins, and mirrors to it. */
export async function startMirroredVault(start: () => Promise<VaultUnderTest>) {
  const vault = await start();
  const admin = vaultAdmin(vault);
  await admin("POST", "sys/auth/approle", { type: "approle" });
  let serial = 0;
  const read = async (name: string): Promise<unknown> => (await admin("GET", `secret/data/${name}`)).body;
  return {
    admin,
    rootToken: vault.rootToken,
    /** The name of a secret that no test has used. */
    fresh: (): string => `team-${++serial}/db`,
    mirrorWith: (options: Partial<VaultOptions & VaultKv2Options> = {}): Mirror =>
      vaultKv2Mirror(
        connectVault({
          address: vault.address,
          login: { method: "token", token: new SecretValue(vault.rootToken) },
          ...options,
        }),
        { versionDates: entryDates, ...options },
      ),
    read,
    passwordOf: async (name: string): Promise<unknown> => at(await read(name), "data", "data", "password"),
    /** An AppRole of this policy. */
    async allow(role: string, policy: string, settings: object = {}): Promise<VaultOptions["login"]> {
      await admin("POST", `sys/policies/acl/${role}`, { policy });
      await admin("POST", `auth/approle/role/${role}`, { token_policies: [role], ...settings });
      const roleId = at((await admin("GET", `auth/approle/role/${role}/role-id`)).body, "data", "role_id");
      const secretId = at((await admin("POST", `auth/approle/role/${role}/secret-id`)).body, "data", "secret_id");
      return { method: "approle", roleId: String(roleId), secretId: new SecretValue(String(secretId)) };
    },
    stop: async (): Promise<void> => vault.stop(),
  };
}

export type MirroredVault = Awaited<ReturnType<typeof startMirroredVault>>;
