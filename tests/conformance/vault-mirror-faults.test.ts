import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { movableClock } from "../../local/clock.ts";
import type { FaultRule, VaultFault } from "../../local/vault/faults.ts";
import { type LocalVault, startVault } from "../../local/vault/server.ts";
import { mirrorPolicy } from "../../shared/mirrors/mirror-policy.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../../shared/mirrors/vault-kv2.ts";
import { connectVault, type VaultOptions } from "../../shared/vault/connect-vault.ts";
import type { Mirror } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { entryOf, failureOf, inTime } from "../support/mirror-entries.ts";
import { at, type VaultAdmin, vaultAdmin } from "../support/vault-http.ts";

let vault: LocalVault;
let admin: VaultAdmin;
let serial = 0;
const fresh = (): string => `faults/${++serial}`;

beforeAll(async () => {
  vault = await startVault({ clock: movableClock() });
  admin = vaultAdmin(vault);
  await admin("POST", "sys/policies/acl/mirror", { policy: mirrorPolicy("secret") });
  await admin("POST", "sys/auth/approle", { type: "approle" });
});
afterEach(() => vault.faults.clear());
afterAll(() => vault.stop());

const tokenLogin = (): VaultOptions["login"] => ({ method: "token", token: new SecretValue(vault.rootToken) });
const mirrorWith = (options: Partial<VaultOptions & VaultKv2Options> = {}): Mirror =>
  vaultKv2Mirror(connectVault({ address: vault.address, login: tokenLogin(), ...options }), options);

async function appRole(settings: Readonly<Record<string, unknown>>): Promise<VaultOptions["login"]> {
  const role = `auth/approle/role/role-${++serial}`;
  await admin("POST", role, { token_policies: ["mirror"], ...settings });
  const roleId = String(at((await admin("GET", `${role}/role-id`)).body, "data", "role_id"));
  const secretId = String(at((await admin("POST", `${role}/secret-id`)).body, "data", "secret_id"));
  return { method: "approle", roleId, secretId: new SecretValue(secretId) };
}

/** The requests that one first write makes. */
const requests: readonly (readonly [string, FaultRule])[] = [
  ["the login", { method: "POST", path: /^auth\/approle\/login$/ }],
  ["the read", { method: "GET", path: /^secret\/data\// }],
  ["the write", { method: "POST", path: /^secret\/data\// }],
  ["the record of the owner and the version", { method: "PATCH", path: /^secret\/metadata\// }],
];

describe.each(requests)("when %s is struck", (_title, rule) => {
  test.each(["refuse", "cut"] as const)("by %s, the same write later converges to one revision", async (kind) => {
    const mirror = mirrorWith({ login: await appRole({}) });
    const entry = entryOf(fresh());
    vault.faults.inject({ kind }, rule);
    const error = await failureOf(mirror.write(entry, inTime()));
    expect(error).toMatchObject({ code: "mirror-unavailable", disposition: "retry" });
    expect(await mirror.write(entry, inTime())).toMatchObject({ revision: 1 });
    expect(await mirror.write(entry, inTime())).toEqual({ revision: 1, written: false });
  });

  test.each([412, 429, 472, 473, 500, 502, 503])("by status %i, it is mirror-unavailable", async (status) => {
    const mirror = mirrorWith({ login: await appRole({}) });
    vault.faults.inject({ kind: "status", status, errors: ["some text"] }, rule);
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unavailable", context: { status } });
  });

  test("by silence, the time-out ends it as mirror-unavailable", async () => {
    const mirror = mirrorWith({ login: await appRole({}), timeoutMs: 40 });
    vault.faults.inject({ kind: "delay", delayMs: 60_000 }, rule);
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unavailable", context: { reason: "timeout" } });
  });

  test("by silence, the call's own signal ends it as time-budget-spent", async () => {
    const mirror = mirrorWith({ login: await appRole({}) });
    vault.faults.inject({ kind: "delay", delayMs: 60_000 }, rule);
    const error = await failureOf(mirror.write(entryOf(fresh()), { signal: AbortSignal.timeout(40) }));
    expect(error).toMatchObject({ code: "time-budget-spent", disposition: "retry" });
  });
});

test.each([
  [400, "mirror-rejected"],
  [401, "mirror-unauthorized"],
  [403, "mirror-unauthorized"],
  [404, "mirror-rejected"],
  [405, "mirror-rejected"],
  [413, "mirror-rejected"],
  [415, "mirror-rejected"],
])("status %i of a write is %s", async (status, code) => {
  vault.faults.inject({ kind: "status", status, errors: ["some text"] }, { method: "POST" });
  const error = await failureOf(mirrorWith().write(entryOf(fresh()), inTime()));
  expect(error).toMatchObject({ code, context: { status, operation: "write" } });
});

test("a sealed Vault is mirror-unavailable", async () => {
  vault.faults.become({ kind: "sealed" });
  const error = await failureOf(mirrorWith().write(entryOf(fresh()), inTime()));
  expect(error).toMatchObject({ code: "mirror-unavailable", context: { status: 503 } });
});

test("a standby's redirect is not followed: the other host gets no request", async () => {
  const seen: string[] = [];
  const other = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await vi.waitUntil(() => other.listening, { timeout: 60_000 });
  const address = other.address();
  const port = typeof address === "object" ? address?.port : undefined;
  vault.faults.become({ kind: "standby", leader: `http://127.0.0.1:${port}` });
  const error = await failureOf(mirrorWith().write(entryOf(fresh()), inTime()));
  expect(error).toMatchObject({ code: "mirror-unavailable", context: { status: 307 } });
  const witness = await fetch(`${vault.address}/v1/witness`);
  expect(witness.ok).toBe(true);
  expect(seen).toEqual(["/v1/witness"]);
  other.close();
  other.closeAllConnections();
});

const conflict: VaultFault = {
  kind: "status",
  status: 400,
  errors: ["check-and-set parameter did not match the current version"],
};

test("four conflicts in a row settle, five are mirror-conflict", async () => {
  const write = { method: "POST", path: /^secret\/data\// };
  for (const nth of [1, 2, 3, 4]) vault.faults.inject(conflict, { ...write, at: nth });
  expect(await mirrorWith().write(entryOf(fresh()), inTime())).toEqual({ revision: 1, written: true });
  vault.faults.clear();
  for (const nth of [1, 2, 3, 4, 5]) vault.faults.inject(conflict, { ...write, at: nth });
  const error = await failureOf(mirrorWith().write(entryOf(fresh()), inTime()));
  expect(error).toMatchObject({ code: "mirror-conflict", disposition: "retry" });
});

test("a write under a signal that has ended sends nothing", async () => {
  const login = await appRole({ secret_id_num_uses: 1 });
  const error = await failureOf(mirrorWith({ login }).write(entryOf(fresh()), { signal: AbortSignal.abort() }));
  expect(error).toMatchObject({ code: "time-budget-spent" });
  expect(await mirrorWith({ login }).write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
});

describe("login", () => {
  test("one instance logs in once, however many writes begin together", async () => {
    const mirror = mirrorWith({ login: await appRole({ secret_id_num_uses: 1 }) });
    const writes = [1, 2, 3, 4, 5].map(() => mirror.write(entryOf(fresh()), inTime()));
    const results = await Promise.all(writes);
    expect(results.every(({ written }) => written)).toBe(true);
  });

  test("a caller whose time ends does not end the login for the others", async () => {
    const mirror = mirrorWith({ login: await appRole({ secret_id_num_uses: 1 }) });
    vault.faults.inject({ kind: "delay", delayMs: 200 }, { path: /login$/ });
    const impatient = new AbortController();
    const first = failureOf(mirror.write(entryOf(fresh()), impatient));
    const second = mirror.write(entryOf(fresh()), inTime());
    impatient.abort();
    expect(await first).toMatchObject({ code: "time-budget-spent", context: { operation: "login" } });
    expect(await second).toEqual({ revision: 1, written: true });
  });

  test.each([
    [500, "invalid secret id", "mirror-unauthorized"],
    [500, "invalid role ID", "mirror-unauthorized"],
    [500, "missing role_id", "mirror-unauthorized"],
    [500, "failed to read storage", "mirror-unavailable"],
    [400, "invalid role or secret ID", "mirror-unauthorized"],
  ])("status %i with %s is %s", async (status, text, code) => {
    const mirror = mirrorWith({ login: await appRole({}) });
    vault.faults.inject({ kind: "status", status, errors: [text] }, { path: /login$/ });
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code, context: { operation: "login", status } });
  });

  test("a failed login is tried again by the next write", async () => {
    const mirror = mirrorWith({ login: await appRole({}) });
    vault.faults.inject({ kind: "status", status: 503 }, { path: /login$/ });
    await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
  });
});

describe("a lease of 60 seconds", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);
  const shortToken = async (): Promise<VaultOptions["login"]> => {
    const made = await admin("POST", "auth/token/create", { policies: ["mirror"], ttl: "60s" });
    return { method: "token", token: new SecretValue(String(at(made.body, "auth", "client_token"))) };
  };

  test.each(["AppRole", "token"])("of %s is renewed by writes and outlives itself", async (method) => {
    const once = { token_ttl: "60s", secret_id_num_uses: 1 };
    const mirror = mirrorWith({ login: method === "token" ? await shortToken() : await appRole(once) });
    for (const _ of [1, 2, 3, 4]) {
      expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
      pass(45);
    }
  });

  test("that is over is opened by a new login", async () => {
    const mirror = mirrorWith({ login: await appRole({ token_ttl: "60s" }) });
    await mirror.write(entryOf(fresh()), inTime());
    pass(3600);
    expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
  });

  test("that cannot be renewed any more is opened by a new login", async () => {
    const mirror = mirrorWith({ login: await appRole({ token_ttl: "60s", token_max_ttl: "70s" }) });
    for (const _ of [1, 2, 3, 4, 5]) {
      expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
      pass(45);
    }
  });

  test("whose renewal Vault refuses is opened by a new login", async () => {
    const mirror = mirrorWith({ login: await appRole({ token_ttl: "60s", secret_id_num_uses: 2 }) });
    await mirror.write(entryOf(fresh()), inTime());
    pass(45);
    vault.faults.inject({ kind: "status", status: 400, errors: ["lease is not renewable"] }, { path: /renew-self$/ });
    expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
  });

  test("whose renewal finds Vault sealed is mirror-unavailable, and goes on later", async () => {
    const mirror = mirrorWith({ login: await appRole({ token_ttl: "60s", secret_id_num_uses: 1 }) });
    await mirror.write(entryOf(fresh()), inTime());
    pass(45);
    vault.faults.become({ kind: "sealed" });
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unavailable", context: { operation: "renew" } });
    vault.faults.clear();
    expect(await mirror.write(entryOf(fresh()), inTime())).toMatchObject({ written: true });
  });

  test("of a given token that is over is mirror-unauthorized", async () => {
    const mirror = mirrorWith({ login: await shortToken() });
    await mirror.write(entryOf(fresh()), inTime());
    pass(3600);
    const error = await failureOf(mirror.write(entryOf(fresh()), inTime()));
    expect(error).toMatchObject({ code: "mirror-unauthorized", context: { operation: "login" } });
  });
});
