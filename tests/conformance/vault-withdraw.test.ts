import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import type { Mirror } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { canary, entryOf, inTime } from "../support/mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

describe.each([
  ["the local Vault", true, async () => startVault({ clock: movableClock() })],
  ["a real OpenBao", bao !== undefined, async () => startOpenBao(bao ?? "")],
] as const)("what the mirror takes out", (server, isPresent, start) => {
  describe.skipIf(!isPresent)(`of ${server}`, () => {
    let vault: VaultUnderTest;
    let admin: VaultAdmin;
    let serial = 0;
    const fresh = (): string => `team-${++serial}/db`;
    const tokenOf = async (policy: string): Promise<string> => {
      const name = `policy-${++serial}`;
      await admin("POST", `sys/policies/acl/${name}`, { policy });
      const made = await admin("POST", "auth/token/create", { policies: [name], ttl: "1h" });
      return String(at(made.body, "auth", "client_token"));
    };
    let ownToken = "";
    const mirrorWith = (token = ownToken, options: VaultKv2Options = {}): Mirror =>
      vaultKv2Mirror(
        connectVault({ address: vault.address, login: { method: "token", token: new SecretValue(token) } }),
        options,
      );
    const passwordOf = async (name: string): Promise<unknown> =>
      at((await admin("GET", `secret/data/${name}`)).body, "data", "data", "password");

    beforeAll(async () => {
      vault = await start();
      admin = vaultAdmin(vault);
      ownToken = await tokenOf(mirrorPolicy("secret"));
    });
    afterAll(() => vault.stop());

    test("an older version does not take the place of a newer one that was deleted", async () => {
      const name = fresh();
      await mirrorWith().write(entryOf(name, { minute: 2 }), inTime());
      await mirrorWith().withdraw(entryOf(name), inTime());
      expect(await mirrorWith().write(entryOf(name, { minute: 1 }), inTime())).toMatchObject({ revision: 1 });
      expect(await passwordOf(name)).toBe(`${canary}-2`);
    });

    test("a deleted revision that is not the one to keep is deleted again", async () => {
      const name = fresh();
      await mirrorWith().write(entryOf(name), inTime());
      await admin("POST", `secret/data/${name}`, { data: { password: "somebody else's" } });
      await admin("DELETE", `secret/data/${name}`);
      expect(await mirrorWith().write(entryOf(name), inTime())).toEqual({ revision: 3, written: true });
      expect((await admin("GET", `secret/data/${name}?version=2`)).status).toBe(404);
      expect(await passwordOf(name)).toBe(`${canary}-0`);
    });

    test("a withdrawn secret cannot be read, comes back as it was, and was never destroyed", async () => {
      const name = fresh();
      const entry = entryOf(name);
      await mirrorWith().write(entry, inTime());
      expect(await mirrorWith().withdraw(entry, inTime())).toEqual({ withdrawn: true });
      expect((await admin("GET", `secret/data/${name}`)).status).toBe(404);
      expect(await mirrorWith().withdraw(entry, inTime())).toEqual({ withdrawn: false });
      const { body } = await admin("GET", `secret/metadata/${name}`);
      expect(at(body, "data", "versions", "1", "destroyed")).toBe(false);
      expect(await mirrorWith().write(entry, inTime())).toEqual({ revision: 1, written: true });
    });

    test("the policy lets the mirror destroy nothing, list nothing, and reach nothing beside its prefix", async () => {
      const token = await tokenOf(mirrorPolicy("secret", "aws/prod"));
      const mirror = mirrorWith(token, { pathPrefix: "aws/prod" });
      const name = fresh();
      expect(await mirror.write(entryOf(name), inTime())).toMatchObject({ written: true });
      expect(await mirror.withdraw(entryOf(name), inTime())).toEqual({ withdrawn: true });
      for (const [method, path] of [
        ["PUT", `secret/destroy/aws/prod/${name}`],
        ["DELETE", `secret/metadata/aws/prod/${name}`],
        ["LIST", "secret/metadata/aws/prod/"],
        ["GET", `secret/data/aws/other/${name}`],
      ] as const) {
        const body = method === "PUT" ? { versions: [1] } : undefined;
        expect((await admin(method, path, body, { "X-Vault-Token": token })).status).toBe(403);
      }
    });

    test("what somebody else wrote, and what is not there, is not withdrawn", async () => {
      const name = fresh();
      await admin("POST", `secret/data/${name}`, { data: { password: "somebody else's" } });
      for (const secret of [entryOf(name), entryOf(fresh())]) {
        expect(await mirrorWith().withdraw(secret, inTime())).toEqual({ withdrawn: false });
      }
      expect(await passwordOf(name)).toBe("somebody else's");
    });
  });
});
