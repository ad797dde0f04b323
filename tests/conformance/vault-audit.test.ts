import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { connectVault, type VaultOptions } from "../../shared/vault/connect-vault.ts";
import { vaultKv2Audit } from "../../shared/mirrors/kv2-audit.ts";
import { vaultKv2View } from "../../shared/mirrors/kv2-view.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

describe.each([
  ["the local Vault", true, async () => startVault({ clock: movableClock() })],
  ["a real OpenBao", bao !== undefined, async () => startOpenBao(bao ?? "")],
] as const)("a look at the mirror", (server, isPresent, start) => {
  describe.skipIf(!isPresent)(`on ${server}`, () => {
    let vault: VaultUnderTest;
    let admin: VaultAdmin;
    const options = (): VaultOptions => ({
      address: vault.address,
      login: { method: "token", token: new SecretValue(vault.rootToken) },
    });
    const compare = async (name: string, minute = 1) =>
      vaultKv2Audit(connectVault(options())).compare(entryOf(name, { minute }), inTime());

    beforeAll(async () => {
      vault = await start();
      admin = vaultAdmin(vault);
    });
    afterAll(() => vault.stop());

    test("nothing there is missing, what the mirror wrote is the same, a deleted revision is missing", async () => {
      expect(await compare("a/db")).toBe("missing");
      await vaultKv2Mirror(connectVault(options())).write(entryOf("a/db", { minute: 1 }), inTime());
      expect(await compare("a/db")).toBe("same");
      await admin("DELETE", "secret/data/a/db");
      expect(await compare("a/db")).toBe("missing");
    });

    test("another version is older or newer", async () => {
      await vaultKv2Mirror(connectVault(options())).write(entryOf("b/db", { minute: 1 }), inTime());
      expect([await compare("b/db", 2), await compare("b/db", 0)]).toEqual(["older", "newer"]);
    });

    test("a field that somebody changed is altered, and a key that somebody else made is foreign", async () => {
      await vaultKv2Mirror(connectVault(options())).write(entryOf("c/db", { minute: 1 }), inTime());
      const held = await admin("GET", "secret/data/c/db");
      const { data } = (held.body as { data: { data: object } }).data;
      await admin("POST", "secret/data/c/db", { data: { ...data, password: "by hand" } });
      expect(await compare("c/db")).toBe("altered");
      await admin("POST", "secret/data/d/db", { data: { password: "by hand" } });
      expect(await compare("d/db")).toBe("foreign");
    });

    test("a look changes nothing", async () => {
      await vaultKv2Mirror(connectVault(options())).write(entryOf("e/db", { minute: 1 }), inTime());
      await compare("e/db", 2);
      const held = await admin("GET", "secret/data/e/db");
      expect(held.body).toMatchObject({ data: { metadata: { version: 1 } } });
    });

    test("a view tells the revision, its version and when Vault made it, and of nothing there no time", async () => {
      const view = vaultKv2View({ name: "eu", mirrors: () => true }, connectVault(options()));
      const entry = entryOf("g/db", { minute: 1 });
      const path = "secret/data/g/db";
      expect(await view.look(entry, inTime())).toEqual({ path, revision: 0 });
      await vaultKv2Mirror(connectVault(options())).write(entry, inTime());
      const { body } = await admin("GET", "secret/metadata/g/db");
      const made = String(at(body, "data", "versions", "1", "created_time"));
      const seen = { path, revision: 1, versionId: entry.versionId, at: new Date(made) };
      expect(await view.look(entry, inTime())).toEqual(seen);
      await admin("DELETE", path);
      expect(await view.look(entry, inTime())).toEqual({ path, revision: 1, at: seen.at });
    });

    test("a refused token is mirror-unauthorized, and neither value nor token is in the error", async () => {
      const login = { method: "token", token: new SecretValue("s.canary-token") } as const;
      const error = await failureOf(
        vaultKv2Audit(connectVault({ ...options(), login })).compare(entryOf("f/db"), inTime()),
        "canary-token",
      );
      expect(error).toMatchObject({ code: "mirror-unauthorized" });
    });
  });
});
