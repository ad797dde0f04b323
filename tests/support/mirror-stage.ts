import { randomUUID } from "node:crypto";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { expect, vi } from "vitest";
import { startStack } from "../../local/stack.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { loadFunction } from "./function-bundle.ts";
import { bao, startOpenBao } from "./openbao.ts";
import { at, vaultAdmin } from "./vault-http.ts";

/** In every value that the victim has. */
export const victims = "canary-of-the-victim";
/** In every value that the attacker has. */
export const intruders = "canary-of-the-intruder";

/** The built mirror-to-vault, between the local Secrets Manager and a real OpenBao, with exactly the policy that is printed. */
export async function startMirrorStage(variables: Readonly<Record<string, string>> = {}) {
  const stack = await startStack();
  const vault = await startOpenBao(bao ?? "");
  const admin = vaultAdmin(vault);
  const secrets = new SecretsManager(stack.clientConfig);
  const policy = mirrorPolicy("secret", variables["VAULT_PATH_PREFIX"]);
  await admin("POST", "sys/policies/acl/mirror", { policy });
  const made = await admin("POST", "auth/token/create", { policies: ["mirror"], ttl: "1h" });
  await secrets.createSecret({ Name: "rekey/vault", SecretString: String(at(made.body, "auth", "client_token")) });
  const handler = await loadFunction("mirror-to-vault", stack, {
    REKEY_SECRETS: "arn:*",
    VAULT_ADDR: vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "rekey/vault",
    ...variables,
  });

  /** Delivers an event as the bus does. Returns the code that the function failed with, or what it did. */
  async function tell(type: string, secretArn: string): Promise<string> {
    const printed: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
    const detail = { schemaVersion: 1, secretArn, secretName: "any", at: new Date().toISOString() };
    const body = JSON.stringify({ source: "rekey", "detail-type": type, detail });
    try {
      await handler({ Records: [{ messageId: randomUUID(), body }] });
    } finally {
      spy.mockRestore();
    }
    for (const canary of [victims, intruders]) expect(printed.join("")).not.toContain(canary);
    return /"code":"([^"]+)"/.exec(printed.join(""))?.[1] ?? /"outcome":"([^"]+)"/.exec(printed.join(""))?.[1] ?? "";
  }

  const inVault = async (path: string, version = 0) => admin("GET", `secret/data/${path}?version=${version}`);

  /** A secret whose value has the canary; returns its ARN. */
  async function secret(Name: string, canary: string, tags: Readonly<Record<string, string>> = {}): Promise<string> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const SecretString = JSON.stringify({ username: "app", password: canary });
    return (await secrets.createSecret({ Name, SecretString, Tags })).ARN ?? "";
  }

  return {
    stack,
    secrets,
    admin,
    tell,
    inVault,
    secret,
    /** The same, and it is in Vault. */
    async mirrored(...of: Parameters<typeof secret>): Promise<string> {
      const secretArn = await secret(...of);
      expect(await tell("Secret Rotated", secretArn)).toBe("written");
      return secretArn;
    },
    /** No revision of the key holds anything of the intruder's. */
    async showsNoIntruder(path: string): Promise<void> {
      for (const version of [0, 1, 2, 3]) {
        expect(JSON.stringify((await inVault(path, version)).body ?? "")).not.toContain(intruders);
      }
    },
    passwordAt: async (path: string): Promise<unknown> => at((await inVault(path)).body, "data", "data", "password"),
    /** Everything that Vault has of a key, but the time of its last change. */
    async keyAt(path: string): Promise<unknown> {
      const { body } = await admin("GET", `secret/metadata/${path}`);
      return { ...(at(body, "data") as object), updated_time: "any", current_metadata_version: "any" };
    },
    /** As releases before left it: no owner is recorded. */
    forgetOwner: async (path: string): Promise<unknown> =>
      admin("POST", `secret/metadata/${path}`, { custom_metadata: {} }),
    async stop(): Promise<void> {
      secrets.destroy();
      vi.unstubAllEnvs();
      await Promise.all([vault.stop(), stack.stop()]);
    },
  };
}

export type MirrorStage = Awaited<ReturnType<typeof startMirrorStage>>;
