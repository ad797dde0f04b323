import { expect, test } from "vitest";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { VaultOptions } from "../../shared/vault/connect-vault.ts";
import { canary, entryOf, failureOf, inTime } from "./mirror-entries.ts";
import type { MirroredVault } from "./mirrored-vault.ts";
import { at } from "./vault-http.ts";

const mayMirror = mirrorPolicy("secret");

/** What every Vault must make of the mirror's logins, tokens, policies and mounts; `vault` is there once the tests run. */
export function mirrorAccessContract(vault: () => MirroredVault): void {
  test("AppRole with create, read and update on the data path, and patch with it, is enough for what is not deleted", async () => {
    const { allow, fresh, mirrorWith } = vault();
    const rules = { data: '"create", "read", "update"', metadata: '"patch"' };
    const policy = Object.entries(rules).map(([area, may]) => `path "secret/${area}/*" { capabilities = [${may}] }`);
    const login = await allow("enough", policy.join("\n"));
    const mirror = mirrorWith({ login });
    const name = fresh();
    await mirror.write(entryOf(name, { minute: 1 }), inTime());
    expect(await mirror.write(entryOf(name, { minute: 2 }), inTime())).toEqual({ revision: 2, written: true });
  });

  test("a revoked AppRole token is replaced by a new login, once", async () => {
    const { admin, allow, fresh, mirrorWith } = vault();
    const login = await allow("revoked", mayMirror, { secret_id_num_uses: 2 });
    const mirror = mirrorWith({ login });
    const revokeAll = async (): Promise<void> => {
      const accessors = at((await admin("LIST", "auth/token/accessors")).body, "data", "keys");
      for (const accessor of Array.isArray(accessors) ? accessors : []) {
        const { body } = await admin("POST", "auth/token/lookup-accessor", { accessor });
        if (at(body, "data", "path") === "auth/approle/login") {
          await admin("POST", "auth/token/revoke-accessor", { accessor });
        }
      }
    };
    await mirror.write(entryOf(fresh()), inTime());
    await revokeAll();
    expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
    await revokeAll();
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "login" } });
  });

  test("a policy that denies is mirror-unauthorized and costs no second login", async () => {
    const { allow, fresh, mirrorWith } = vault();
    const login = await allow("denied", `path "secret/data/other" { capabilities = ["read"] }`, {
      secret_id_num_uses: 1,
    });
    const mirror = mirrorWith({ login });
    for (const operation of ["read", "read"]) {
      const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
      expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation, status: 403 } });
    }
  });

  test("a policy that only reads is mirror-unauthorized at the write", async () => {
    const { allow, fresh, mirrorWith } = vault();
    const login = await allow("reads", `path "secret/data/*" { capabilities = ["read"] }`);
    const error = await failureOf(mirrorWith({ login }).write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "write" } });
  });

  test("a token without the default policy is used as it is", async () => {
    const { admin, fresh, mirrorWith } = vault();
    await admin("POST", "sys/policies/acl/bare", { policy: mayMirror });
    const made = await admin("POST", "auth/token/create", { policies: ["bare"], no_default_policy: true, ttl: "1h" });
    const token = new SecretValue(String(at(made.body, "auth", "client_token")));
    const mirror = mirrorWith({ login: { method: "token", token } });
    expect(await mirror.write(entryOf(fresh()), inTime())).toEqual({ revision: 1, written: true });
  });

  test.each(["wrong secret id", "wrong role id", "wrong token", "no such AppRole mount"])(
    "a %s is mirror-unauthorized",
    async (wrong) => {
      const { allow, fresh, mirrorWith } = vault();
      const roleId = "6f8e5c1e-0000-4000-8000-000000000000";
      const secretId = new SecretValue(`${canary}-secret-id`);
      const right = await allow("right", mayMirror);
      const logins: Record<string, VaultOptions["login"]> = {
        "wrong secret id": { ...right, method: "approle", roleId: "roleId" in right ? right.roleId : "", secretId },
        "wrong role id": { method: "approle", roleId, secretId },
        "wrong token": { method: "token", token: new SecretValue(`${canary}-token`) },
        "no such AppRole mount": { method: "approle", roleId, secretId, mount: "nowhere" },
      };
      const login = logins[wrong];
      const error = await failureOf(mirrorWith(login && { login }).write(entryOf(fresh()), inTime()));
      expect(error).toMatchObject({ code: "mirror-unauthorized", disposition: "intervene" });
    },
  );

  test("a mount that is missing, or is KV version 1, is mirror-rejected", async () => {
    const { admin, mirrorWith, rootToken } = vault();
    await admin("POST", "sys/mounts/flat", { type: "kv", options: { version: "1" } });
    for (const [mount, operation] of Object.entries({ nowhere: "read", flat: "write" })) {
      const error = await failureOf(mirrorWith({ mount }).write(entryOf("one"), inTime()), rootToken);
      expect(error).toMatchObject({ code: "mirror-rejected", disposition: "intervene", context: { operation } });
    }
    const again = await failureOf(mirrorWith({ mount: "flat" }).write(entryOf("one"), inTime()));
    expect(again).toMatchObject({ code: "mirror-rejected", context: { operation: "read" } });
  });
}
