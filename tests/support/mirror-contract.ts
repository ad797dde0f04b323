import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import type { Mirror } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault, type VaultOptions } from "../../shared/vault/connect-vault.ts";
import { canary, entryDates, entryOf, failureOf, inTime } from "./mirror-entries.ts";
import type { VaultUnderTest } from "./openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "./vault-http.ts";
import { sampledRuns } from "./sampled.ts";

const nameSegment = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019_+=.@-".split("")), minLength: 1, maxLength: 12 })
  .filter((segment) => segment !== "." && !segment.includes(".."));
const goodName = fc.array(nameSegment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));
const badPart = fc.constantFrom("#", "?", "%", " ", "\n", "\u0000", "\\", "*", "ä", "%2e%2e", "%2F");
const badName = fc.oneof(
  fc.tuple(goodName, badPart, goodName).map((parts) => parts.join("")),
  fc.constant(""),
);

/** What every Vault must make of the mirror's writes: run against the local Vault and a real one alike. */
export function mirrorContract(server: string, isPresent: boolean, start: () => Promise<VaultUnderTest>): void {
  describe.skipIf(!isPresent)(`the mirror on ${server}`, () => {
    let vault: VaultUnderTest;
    let admin: VaultAdmin;
    let serial = 0;
    const fresh = (): string => `team-${++serial}/db`;
    const mirrorWith = (options: Partial<VaultOptions & VaultKv2Options> = {}): Mirror =>
      vaultKv2Mirror(
        connectVault({
          address: vault.address,
          login: { method: "token", token: new SecretValue(vault.rootToken) },
          ...options,
        }),
        { versionDates: entryDates, ...options },
      );
    const read = async (name: string): Promise<unknown> => (await admin("GET", `secret/data/${name}`)).body;
    const passwordOf = async (name: string): Promise<unknown> => at(await read(name), "data", "data", "password");
    const allow = async (role: string, policy: string, settings: object = {}): Promise<VaultOptions["login"]> => {
      await admin("POST", `sys/policies/acl/${role}`, { policy });
      await admin("POST", `auth/approle/role/${role}`, { token_policies: [role], ...settings });
      const roleId = at((await admin("GET", `auth/approle/role/${role}/role-id`)).body, "data", "role_id");
      const secretId = at((await admin("POST", `auth/approle/role/${role}/secret-id`)).body, "data", "secret_id");
      return { method: "approle", roleId: String(roleId), secretId: new SecretValue(String(secretId)) };
    };
    const mayMirror = mirrorPolicy("secret");

    beforeAll(async () => {
      vault = await start();
      admin = vaultAdmin(vault);
      await admin("POST", "sys/auth/approle", { type: "approle" });
    });
    afterAll(() => vault.stop());

    test("the members of a JSON object become fields, beside the version's id, label and time", async () => {
      const name = fresh();
      const text = '{"username":"app","password":"p w","port":5432,"ssl":true,"more":{"a":[1,null]}}';
      expect(await mirrorWith().write(entryOf(name, { text }), inTime())).toEqual({ revision: 1, written: true });
      expect(at(await read(name), "data", "data")).toEqual({
        username: "app",
        password: "p w",
        port: 5432,
        ssl: true,
        more: { a: [1, null] },
        rekey_version_id: "00000000-0000-4000-8000-000000000000",
        rekey_label: "AWSCURRENT",
        rekey_created_at: "2026-01-01T12:00:00.000Z",
      });
    });

    test("any other text becomes the one field value, to the last character", async () => {
      for (const text of ["12345", "[1]", "null", '"quoted"', "", " é\n\t\u2028'\"\\ {", "{broken"]) {
        const name = fresh();
        await mirrorWith().write(entryOf(name, { text }), inTime());
        expect(at(await read(name), "data", "data", "value")).toBe(text);
      }
    });

    test("a number that Vault would round keeps its digits, as text", async () => {
      const name = fresh();
      const text = '{"pin":12345678901234567890,"small":0.1234567890123456789,"zero":-0,"huge":1e400,"plain":1.50}';
      const entry = entryOf(name, { text });
      await mirrorWith().write(entry, inTime());
      expect(at(await read(name), "data", "data")).toMatchObject({
        pin: "12345678901234567890",
        small: "0.1234567890123456789",
        zero: 0,
        huge: "1e400",
        plain: 1.5,
      });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: false });
    });

    test("the same version twice makes no new revision, whatever JSON it is", async () => {
      await fc.assert(
        fc.asyncProperty(fc.json(), fc.boolean(), async (json, wrapped) => {
          const entry = entryOf(fresh(), { text: wrapped ? `{"inner":${json}}` : json });
          expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
          expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: false });
        }),
        { numRuns: sampledRuns(25) },
      );
    });

    test("a newer version replaces an older one, and never the other way", async () => {
      const name = fresh();
      const [older, newer] = [entryOf(name, { minute: 1 }), entryOf(name, { minute: 2 })];
      await mirrorWith().write(older, inTime());
      expect(await mirrorWith().write(newer, inTime())).toEqual({ revision: 2, written: true });
      expect(await mirrorWith().write(older, inTime())).toEqual({ revision: 2, written: false });
      expect(await passwordOf(name)).toBe(`${canary}-2`);
    });

    test("of two versions of the same millisecond the greater id stays, in either order", async () => {
      const createdAt = new Date(0);
      for (const order of [
        [1, 2],
        [2, 1],
      ]) {
        const name = fresh();
        for (const minute of order) await mirrorWith().write(entryOf(name, { minute, createdAt }), inTime());
        expect(await passwordOf(name)).toBe(`${canary}-2`);
      }
    });

    test("versions written at the same time by many writers end with the newest", async () => {
      const name = fresh();
      const minutes = [4, 1, 3, 2, 0];
      const results = await Promise.all(
        minutes.map((minute) => mirrorWith().write(entryOf(name, { minute }), inTime())),
      );
      expect(await passwordOf(name)).toBe(`${canary}-4`);
      expect(results[0]?.written).toBe(true);
    });

    test("what somebody else altered is put right, whether the version's id was kept or not", async () => {
      const name = fresh();
      const entry = entryOf(name);
      await mirrorWith().write(entry, inTime());
      const patched = { "Content-Type": "application/merge-patch+json" };
      await admin("PATCH", `secret/data/${name}`, { data: { password: "other" } }, patched);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 3, written: true });
      await admin("POST", `secret/data/${name}`, { data: { password: "other" } });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 5, written: true });
      expect(await passwordOf(name)).toBe(`${canary}-0`);
    });

    test("a deleted revision is undeleted; a destroyed one is written again, and the count goes on", async () => {
      const name = fresh();
      const entry = entryOf(name);
      await mirrorWith().write(entry, inTime());
      await admin("DELETE", `secret/data/${name}`);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
      expect(await passwordOf(name)).toBe(`${canary}-0`);
      await admin("PUT", `secret/destroy/${name}`, { versions: [1] });
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 2, written: true });
      await admin("DELETE", `secret/metadata/${name}`);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
    });

    test("custom metadata and settings that others set are kept", async () => {
      const name = fresh();
      const custom_metadata = { owner: "payments" };
      await admin("POST", `secret/metadata/${name}`, { custom_metadata, cas_required: true, max_versions: 3 });
      for (const minute of [1, 2, 3, 4, 5]) await mirrorWith().write(entryOf(name, { minute }), inTime());
      const { body } = await admin("GET", `secret/metadata/${name}`);
      expect(at(body, "data")).toMatchObject({
        custom_metadata: {
          ...custom_metadata,
          rekey_secret_arn: entryOf(name).secretArn,
          rekey_since_revision: "1",
          rekey_version_id: entryOf(name, { minute: 5 }).versionId,
        },
        cas_required: true,
        max_versions: 3,
        current_version: 5,
      });
    });

    test("a prefix goes before the name, and the tag rekey:vault-path, which lies below it, stands for both", async () => {
      const mirror = mirrorWith({ pathPrefix: "aws/prod" });
      const tags = new Map([["rekey:vault-path", "aws/prod/shop/db"]]);
      await mirror.write(entryOf("prefixed"), inTime());
      await mirror.write(entryOf("tagged", { tags }), inTime());
      expect(await passwordOf("aws/prod/prefixed")).toBe(`${canary}-0`);
      expect(await passwordOf("aws/prod/shop/db")).toBe(`${canary}-0`);
    });

    test("a name is refused, or is the key to the last character", async () => {
      await admin("POST", "sys/mounts/names", { type: "kv", options: { version: "2" } });
      const mirror = mirrorWith({ mount: "names" });
      const written = new Set<string>();
      await fc.assert(
        fc.asyncProperty(goodName, badName, async (good, bad) => {
          await mirror.write(entryOf(good, { versionId: randomUUID() }), inTime());
          written.add(good);
          const error = await failureOf(mirror.write(entryOf(bad), inTime()));
          expect(error).toMatchObject({ code: "mirror-path-invalid", disposition: "abort" });
        }),
        { numRuns: sampledRuns(40) },
      );
      const keys = async (folder: string): Promise<string[]> => {
        const { body } = await admin("LIST", `names/metadata/${folder}`);
        const listed = at(body, "data", "keys");
        const names = Array.isArray(listed) ? listed.map((name) => `${folder}${String(name)}`) : [];
        return (
          await Promise.all(names.map((name) => (name.endsWith("/") ? keys(name) : Promise.resolve([name]))))
        ).flat();
      };
      expect((await keys("")).toSorted()).toEqual([...written].toSorted());
    });

    test("AppRole with create, read and update on the data path, and patch with it, is enough for what is not deleted", async () => {
      const rules = { data: '"create", "read", "update"', metadata: '"patch"' };
      const policy = Object.entries(rules).map(([area, may]) => `path "secret/${area}/*" { capabilities = [${may}] }`);
      const login = await allow("enough", policy.join("\n"));
      const mirror = mirrorWith({ login });
      const name = fresh();
      await mirror.write(entryOf(name, { minute: 1 }), inTime());
      expect(await mirror.write(entryOf(name, { minute: 2 }), inTime())).toEqual({ revision: 2, written: true });
    });

    test("a revoked AppRole token is replaced by a new login, once", async () => {
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
      const login = await allow("reads", `path "secret/data/*" { capabilities = ["read"] }`);
      const error = await failureOf(mirrorWith({ login }).write(entryOf(fresh()), inTime()));
      expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "write" } });
    });

    test("a token without the default policy is used as it is", async () => {
      await admin("POST", "sys/policies/acl/bare", { policy: mayMirror });
      const made = await admin("POST", "auth/token/create", { policies: ["bare"], no_default_policy: true, ttl: "1h" });
      const token = new SecretValue(String(at(made.body, "auth", "client_token")));
      const mirror = mirrorWith({ login: { method: "token", token } });
      expect(await mirror.write(entryOf(fresh()), inTime())).toEqual({ revision: 1, written: true });
    });

    test.each(["wrong secret id", "wrong role id", "wrong token", "no such AppRole mount"])(
      "a %s is mirror-unauthorized",
      async (wrong) => {
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
      await admin("POST", "sys/mounts/flat", { type: "kv", options: { version: "1" } });
      for (const [mount, operation] of Object.entries({ nowhere: "read", flat: "write" })) {
        const error = await failureOf(mirrorWith({ mount }).write(entryOf("one"), inTime()), vault.rootToken);
        expect(error).toMatchObject({ code: "mirror-rejected", disposition: "intervene", context: { operation } });
      }
      const again = await failureOf(mirrorWith({ mount: "flat" }).write(entryOf("one"), inTime()));
      expect(again).toMatchObject({ code: "mirror-rejected", context: { operation: "read" } });
    });

    test("a value that has one of rekey's own fields is mirror-rejected and not written", async () => {
      const name = fresh();
      const text = `{"rekey_version_id":"x","password":"${canary}"}`;
      const error = await failureOf(mirrorWith().write(entryOf(name, { text }), inTime()));
      expect(error).toMatchObject({ code: "mirror-rejected", context: { field: "rekey_version_id" } });
      expect((await admin("GET", `secret/data/${name}`)).status).toBe(404);
    });
  });
}
