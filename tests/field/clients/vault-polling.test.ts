import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { movableClock } from "../../../local/clock.ts";
import { type LocalVault, startVault } from "../../../local/vault/server.ts";
import type { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { vaultPolling, type VaultPollingOptions } from "../../../shared/client/invalidation/vault-polling.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import { versionIdField } from "../../../shared/mirrors/layout/mirrored-fields.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { type VaultAdmin, vaultAdmin } from "../../support/vault-http.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const soon = { timeout: 60_000, interval: 50 };
const limits = { timeout: 60_000 };
const works = { code: undefined, failures: 0 };

interface Polled {
  readonly vault: LocalVault;
  readonly admin: VaultAdmin;
  readonly client: SecretClient;
  readonly failures: { readonly secretId: string | undefined; readonly error: RekeyError }[];
  /** `versionId`: as the mirror writes it. */
  put(key: string, value: string, versionId?: string): Promise<void>;
  read(key: string): Promise<string>;
  subscription(): ReturnType<SecretClient["health"]>["subscriptions"][number] | undefined;
}

async function polled(
  secretIds: readonly string[],
  options: Partial<VaultPollingOptions> & { readonly policy?: string } = {},
): Promise<Polled> {
  const vault = await startVault({ clock: movableClock() });
  onTestFinished(async () => vault.stop());
  const admin = vaultAdmin(vault);
  const put = async (key: string, value: string, versionId?: string): Promise<void> =>
    void (await admin("POST", `secret/data/${key}`, { data: { value, [versionIdField]: versionId } }));
  for (const key of secretIds) if (/^[a-z/-]+$/.test(key)) await put(key, "one");
  let token = vault.rootToken;
  if (options.policy !== undefined) {
    await admin("PUT", "sys/policies/acl/reader", { policy: options.policy });
    const { body } = await admin("POST", "auth/token/create", { policies: ["reader"], no_default_policy: false });
    token = (body as { readonly auth: { readonly client_token: string } }).auth.client_token;
  }
  const login = { method: "token", token: new SecretValue(token) } as const;
  const source = vaultSource({ address: vault.address, login, timeoutMs: 1_000 });
  const client = createSecretClient({ source, spreadMs: 0, ttlMs: 3_600_000 });
  onTestFinished(async () => client.close());
  const failures: Polled["failures"] = [];
  client.on("error", ({ secretId, error }) => failures.push({ secretId, error }));
  const { policy: _policy, ...rest } = options;
  const polling = { vault: source, secretIds, intervalMs: 100, requestTimeoutMs: 1_000, ...rest };
  client.subscribe(vaultPolling(polling));
  return {
    vault,
    admin,
    client,
    failures,
    put,
    read: async (key) => (await client.get(key)).value.reveal(),
    subscription: () => client.health().subscriptions[0],
  };
}

const readAll = (denied: string): string => `
path "secret/data/*" { capabilities = ["read"] }
path "secret/metadata/*" { capabilities = ["read"] }
path "secret/metadata/${denied}" { capabilities = ["deny"] }`;

test(
  "a key that is denied: it is reported by its name, and the keys before and after it go on",
  limits,
  fieldCase("one bad input ends or blocks the service", async () => {
    const here = await polled(["first", "denied", "last"], { policy: readAll("denied") });
    for (const key of ["first", "last"]) expect(await here.read(key)).toBe("one");
    await expect.poll(() => here.subscription()?.code, soon).toBe("mirror-unauthorized");
    for (const key of ["first", "last"]) {
      await here.put(key, "two");
      await expect.poll(async () => here.read(key), soon).toBe("two");
    }
    expect(new Set(here.failures.map(({ secretId }) => secretId))).toEqual(new Set(["denied"]));
    expect(here.subscription()?.code).toBe("mirror-unauthorized");
    const policy = readAll("none");
    await here.admin("PUT", "sys/policies/acl/reader", { policy });
    await expect.poll(() => here.subscription(), soon).toMatchObject(works);
  }),
);

test(
  "a name that Vault would not keep, first in the list: it is reported, and the others are looked at",
  limits,
  fieldCase("one bad input ends or blocks the service", async () => {
    const here = await polled(["a#b", "..", "", "good"]);
    expect(await here.read("good")).toBe("one");
    await expect
      .poll(() => new Set(here.failures.map(({ secretId }) => secretId)), soon)
      .toEqual(new Set(["a#b", "..", ""]));
    await here.put("good", "two");
    await expect.poll(async () => here.read("good"), soon).toBe("two");
    expect(here.failures.map(({ error }) => error.code)).toContain("mirror-path-invalid");
  }),
);

test.each([
  ["hangs", { kind: "delay", delayMs: 60_000 }],
  ["is cut", { kind: "cut" }],
  ["fails", { kind: "status", status: 500, errors: ["canary"] }],
] as const)("a key whose request %s: the others are looked at, and it recovers", limits, (_how, fault) =>
  fieldCase("it stops silently", async () => {
    const here = await polled(["bad", "good"]);
    for (const key of ["bad", "good"]) expect(await here.read(key)).toBe("one");
    await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    here.vault.faults.inject(fault, { path: /metadata\/bad/, at: "every" });
    await expect.poll(() => here.failures.at(-1)?.secretId, soon).toBe("bad");
    await here.put("good", "two");
    await here.put("bad", "two");
    await expect.poll(async () => here.read("good"), soon).toBe("two");
    here.vault.faults.clear();
    await expect.poll(async () => here.read("bad"), soon).toBe("two");
    await expect.poll(() => here.subscription(), soon).toMatchObject(works);
    expect(JSON.stringify(here.failures)).not.toContain("canary");
  })(),
);

test(
  "a Vault that hangs for every key: reported, shown in health(), and whatever changed meanwhile is found",
  limits,
  fieldCase("it stops silently", async () => {
    const keys = ["a", "b", "c", "d", "e"];
    const here = await polled(keys);
    for (const key of keys) expect(await here.read(key)).toBe("one");
    await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    here.vault.faults.inject({ kind: "delay", delayMs: 60_000 }, { path: /metadata/, at: "every" });
    await expect.poll(() => here.failures.some(({ secretId }) => secretId === undefined), soon).toBe(true);
    expect(here.subscription()).toMatchObject({ code: expect.stringMatching(/-/), failures: expect.any(Number) });
    await here.put("e", "two");
    here.vault.faults.clear();
    await expect.poll(async () => here.read("e"), soon).toBe("two");
    await expect.poll(() => here.subscription(), soon).toMatchObject(works);
  }),
);

test(
  "a Vault that asks for fewer requests gets fewer: a round ends at the first 429",
  limits,
  fieldCase("resources at their limit", async () => {
    const keys = Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index));
    const here = await polled(keys);
    await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    here.vault.faults.inject({ kind: "status", status: 429 }, { path: /metadata/, at: "every" });
    await expect.poll(() => here.subscription()?.code, soon).toBe("invalidation-unavailable");
    await delay(2_000);
    expect(here.failures.length).toBeLessThan(10);
    expect(here.failures.every(({ secretId }) => secretId === undefined)).toBe(true);
    here.vault.faults.clear();
    await expect.poll(() => here.subscription(), soon).toMatchObject(works);
  }),
);

test(
  "a key that is deleted with its history and written again: each is told of, though the revision is the same",
  limits,
  fieldCase("it stops silently", async () => {
    const here = await polled(["moved"]);
    expect(await here.read("moved")).toBe("one");
    await expect.poll(() => here.subscription()?.lastHeardAgeMs, soon).toBeDefined();
    await here.admin("DELETE", "secret/metadata/moved");
    await expect
      .poll(() => here.failures, soon)
      .toMatchObject([{ secretId: "moved", error: { code: "secret-not-found" } }]);
    await here.put("moved", "two", "of the mirror");
    await expect.poll(async () => here.read("moved"), soon).toBe("two");
    expect(here.failures).toHaveLength(1);
  }),
);

test(
  "a key that is not there yet is told of once, and heard when it is written; a deleted or destroyed version is no error",
  limits,
  fieldCase("it stops silently", async () => {
    const here = await polled(["present", "later", "absent_yet"]);
    await expect.poll(() => here.failures.map(({ secretId }) => secretId), soon).toEqual(["absent_yet"]);
    await here.put("absent_yet", "one");
    await expect.poll(async () => here.read("absent_yet"), soon).toBe("one");
    await here.put("absent_yet", "two");
    await expect.poll(async () => here.read("absent_yet"), soon).toBe("two");
    await here.put("later", "two");
    await here.admin("DELETE", "secret/data/later");
    await here.admin("PUT", "secret/destroy/present", { versions: [1] });
    await delay(1_000);
    expect(here.failures).toHaveLength(1);
    expect(here.subscription()).toMatchObject(works);
  }),
);

test.each([0, -1, Number.NaN])("an interval of %d is refused at once", (intervalMs) =>
  fieldCase("one bad input ends or blocks the service", async () => {
    await expect(polled(["a"], { intervalMs })).rejects.toMatchObject({ code: "option-invalid" });
  })(),
);
