import { afterAll, beforeAll } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { vaultKv2Audit } from "../../shared/mirrors/kv2-audit.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import type { Mirror, MirrorEntry } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { connectVault, type VaultSend } from "../../shared/vault/connect-vault.ts";
import { entryDates, entryOf, inTime } from "./mirror-entries.ts";
import { bao, startOpenBao, type VaultUnderTest } from "./openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "./vault-http.ts";

/** For `describe.each`: a name, whether it can be started here, and its start. */
export const ownerVaults = [
  ["the local Vault", true, async () => startVault({ clock: movableClock() })],
  ["a real OpenBao", bao !== undefined, async () => startOpenBao(bao ?? "")],
] as const;

/** Starts a Vault for the tests of the `describe` that this is called in, with a token that may do what a mirror may. */
export function ownerStage(start: () => Promise<VaultUnderTest>) {
  let vault: VaultUnderTest;
  let token: SecretValue;
  let serial = 0;
  const asked: string[] = [];
  const admin: VaultAdmin = async (...request) => vaultAdmin(vault)(...request);
  const send = (): VaultSend => {
    const connected = connectVault({ address: vault.address, login: { method: "token", token } });
    return async (request, call) => {
      asked.push(request.verb);
      return connected(request, call);
    };
  };
  const metadataOf = async (name: string): Promise<unknown> =>
    at((await admin("GET", `secret/metadata/${name}`)).body, "data");

  beforeAll(async () => {
    vault = await start();
    await admin("POST", "sys/policies/acl/mirror", { policy: mirrorPolicy("secret") });
    const made = await admin("POST", "auth/token/create", { policies: ["mirror"], ttl: "1h" });
    token = new SecretValue(String(at(made.body, "auth", "client_token")));
  });
  afterAll(() => vault.stop());

  return {
    admin,
    send,
    /** The verbs of all requests so far. */
    asked,
    /** The name of a secret that no test has had. */
    fresh: (): string => `owner-${++serial}/db`,
    mirror: (options: VaultKv2Options = { versionDates: entryDates }) => vaultKv2Mirror(send(), options),
    /** Does this before each request that it makes. */
    mirrorAfter(first: (request: Parameters<VaultSend>[0]) => Promise<unknown>): Mirror {
      const connected = send();
      const late: VaultSend = async (request, call) => {
        await first(request);
        return connected(request, call);
      };
      return vaultKv2Mirror(late, { versionDates: entryDates });
    },
    compare: async (entry: MirrorEntry) => vaultKv2Audit(send(), { versionDates: entryDates }).compare(entry, inTime()),
    /** Another secret that a tag brings to the same key. */
    intruder: (name: string, change: Parameters<typeof entryOf>[1] = {}): MirrorEntry =>
      entryOf(`intruder-of-${name}`, { tags: new Map([["rekey:vault-path", name]]), minute: 9, ...change }),
    metadataOf,
    recordOf: async (name: string): Promise<unknown> => at(await metadataOf(name), "custom_metadata"),
    recorded: ({ secretArn, versionId }: MirrorEntry, since = "1") => ({
      rekey_secret_arn: secretArn,
      rekey_since_revision: since,
      rekey_version_id: versionId,
    }),
    patchRecord: async (name: string, custom_metadata: Readonly<Record<string, string>>): Promise<unknown> => {
      const headers = { "Content-Type": "application/merge-patch+json" };
      return admin("PATCH", `secret/metadata/${name}`, { custom_metadata }, headers);
    },
    passwordOf: async (name: string): Promise<unknown> =>
      at((await admin("GET", `secret/data/${name}`)).body, "data", "data", "password"),
    /** As releases before wrote it: nobody is recorded. */
    forget: async (name: string): Promise<unknown> => admin("POST", `secret/metadata/${name}`, { custom_metadata: {} }),
  };
}
