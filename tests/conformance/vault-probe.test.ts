import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { vaultKv2Probe } from "../../shared/mirrors/kv2-probe.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import type { MirrorProbe } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

describe.each([
  ["the local Vault", true, async () => startVault({ clock: movableClock() })],
  ["a real OpenBao", bao !== undefined, async () => startOpenBao(bao ?? "")],
] as const)("whether the mirror may write", (server, isPresent, start) => {
  describe.skipIf(!isPresent)(`on ${server}`, () => {
    let vault: VaultUnderTest;
    let admin: VaultAdmin;
    let serial = 0;
    const probeWith = (token: string): MirrorProbe =>
      vaultKv2Probe(
        connectVault({ address: vault.address, login: { method: "token", token: new SecretValue(token) } }),
        { pathPrefix: "aws" },
      );
    const tokenOf = async (policy: string): Promise<string> => {
      const name = `policy-${++serial}`;
      await admin("POST", `sys/policies/acl/${name}`, { policy });
      return String(at((await admin("POST", "auth/token/create", { policies: [name] })).body, "auth", "client_token"));
    };

    beforeAll(async () => {
      vault = await start();
      admin = vaultAdmin(vault);
    });
    afterAll(() => vault.stop());

    test.each([
      ["the mirror's own policy", mirrorPolicy("secret", "aws"), true],
      ["another prefix", mirrorPolicy("secret", "other"), false],
      ["no patch of the metadata", mirrorPolicy("secret", "aws").replace('"secret/metadata/', '"secret/other/'), false],
      ["no read", `path "secret/data/*" { capabilities = ["create", "update"] }`, false],
      ["no update", `path "secret/data/*" { capabilities = ["create", "read"] }`, false],
      [
        "a denial below",
        `${mirrorPolicy("secret", "aws")} path "secret/data/aws/db/*" { capabilities = ["deny"] }`,
        false,
      ],
    ])("%s", async (_what, policy, mayWrite) => {
      const found = await probeWith(await tokenOf(policy)).probe(entryOf("db/app"), inTime());
      expect(found).toEqual({ path: "secret/data/aws/db/app", mayWrite });
      expect((await admin("GET", "secret/data/aws/db/app")).status).toBe(404);
    });

    test("a place that is not the secret's is mirror-foreign, before anything is rotated", async () => {
      await admin("POST", "secret/data/aws/db/foreign", { data: { password: "by hand" } });
      const probe = probeWith(await tokenOf(mirrorPolicy("secret", "aws")));
      const error = await failureOf(probe.probe(entryOf("db/foreign"), inTime()));
      expect(error).toMatchObject({ code: "mirror-foreign", context: { path: "secret/data/aws/db/foreign" } });
    });

    test("a root token may, and a token that is not one is mirror-unauthorized", async () => {
      expect(await probeWith(vault.rootToken).probe(entryOf("db/app"), inTime())).toMatchObject({ mayWrite: true });
      const error = await failureOf(probeWith("canary-token").probe(entryOf("db/app"), inTime()), "canary-token");
      expect(error).toMatchObject({ code: "mirror-unauthorized" });
    });

    test("a token without any right on the mount can log in, and one that is not a token cannot", async () => {
      const nothing = await tokenOf(`path "secret/data/other/*" { capabilities = ["read"] }`);
      await expect(probeWith(nothing).logIn(inTime())).resolves.toBeUndefined();
      const error = await failureOf(probeWith("canary-token").logIn(inTime()), "canary-token");
      expect(error).toMatchObject({ code: "mirror-unauthorized" });
    });
  });
});
