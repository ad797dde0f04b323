import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { vaultSource } from "../../shared/client/sources/vault/vault-source.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror } from "../../shared/mirrors/vault-kv2.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault } from "../../shared/vault/connect-vault.ts";
import { entryDates, entryOf, inTime } from "../support/mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, vaultAdmin } from "../support/vault-http.ts";
import { sampledRuns } from "../support/sampled.ts";

const odd = ["rds!cluster-1f2e", "/a", "a/", "/a/", "a//b", "a/b", "a/./b", "a/../b", ".", "..", "...", "//", "/"];
const characters = "//..!_+=@-aB2F".split("");
const legalName = fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 8 });

describe.each([
  ["the local Vault", true, () => startVault({ clock: movableClock() })],
  ["a real OpenBao", bao !== undefined, () => startOpenBao(bao ?? "")],
] as const)("on %s", (_server, isPresent, start) => {
  describe.skipIf(!isPresent)("a name that Secrets Manager takes, or that AWS gives,", () => {
    let vault: VaultUnderTest;
    beforeAll(async () => {
      vault = await start();
    });
    afterAll(() => vault.stop());

    test("is a key of its own below the prefix, written with the mirror's policy, where the client finds it", async () => {
      const admin = vaultAdmin(vault);
      await admin("POST", "sys/policies/acl/mirror", { policy: mirrorPolicy("secret", "aws") });
      const made = await admin("POST", "auth/token/create", { policies: ["mirror"], ttl: "1h" });
      const { address } = vault;
      const login = { method: "token", token: new SecretValue(String(at(made.body, "auth", "client_token"))) } as const;
      const place = { mount: "secret", pathPrefix: "aws" };
      const mirror = vaultKv2Mirror(connectVault({ address, login }), { ...place, versionDates: entryDates });
      const source = vaultSource({ address, login, ...place });
      const written = new Map<string, string>();
      const write = async (name: string): Promise<void> => {
        const versionId = written.get(name) ?? randomUUID();
        await mirror.write(entryOf(name, { versionId }), inTime());
        written.set(name, versionId);
      };
      for (const name of odd) await write(name);
      await fc.assert(fc.asyncProperty(legalName, write), { numRuns: sampledRuns(30) });
      const found = new Map<string, string | undefined>();
      for (const name of written.keys()) {
        found.set(name, (await source.read(name, { label: "AWSCURRENT" }, inTime()))?.versionId);
      }
      expect(found).toEqual(written);
    });
  });
});
