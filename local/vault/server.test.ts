import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Clock, movableClock } from "../clock.ts";
import { type LocalVault, startVault } from "./server.ts";

let clock: Clock;
let vault: LocalVault;
beforeEach(async () => {
  clock = movableClock();
  vault = await startVault({ clock, rootToken: "root" });
});
afterEach(async () => {
  await vault.stop();
  clock.stop();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  token = "root",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(`${vault.address}/v1/${path}`, {
    method,
    headers: { "X-Vault-Token": token, ...headers },
    redirect: "manual",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const content = await answer.text();
  return { status: answer.status, body: content === "" ? undefined : JSON.parse(content) };
}

const member = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

describe("time is the clock's", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a version with delete_version_after vanishes when its time has come", async () => {
    await send("POST", "secret/metadata/a", { delete_version_after: "1h" });
    await send("POST", "secret/data/a", { data: { k: "v" } });
    await clock.advance(3_599_000);
    expect((await send("GET", "secret/data/a")).status).toBe(200);
    await clock.advance(2_000);
    const gone = await send("GET", "secret/data/a");
    expect(gone).toMatchObject({ status: 404, body: { data: { data: null, metadata: { version: 1 } } } });
  });

  test("a token ends with its time to live, and its children with it", async () => {
    const parent = await send("POST", "auth/token/create", { ttl: "60s", policies: ["root"] });
    const token = String(member(parent.body, "auth", "client_token"));
    const made = await send("POST", "auth/token/create", { ttl: "1h" }, token);
    const child = String(member(made.body, "auth", "client_token"));
    expect((await send("GET", "auth/token/lookup-self", undefined, child)).status).toBe(200);
    await clock.advance(61_000);
    expect((await send("GET", "auth/token/lookup-self", undefined, token)).status).toBe(403);
    expect((await send("GET", "auth/token/lookup-self", undefined, child)).status).toBe(403);
  });

  test("renewal moves the end, but not beyond the longest life", async () => {
    const made = await send("POST", "auth/token/create", {
      ttl: "60s",
      explicit_max_ttl: "90s",
      policies: ["default"],
    });
    const token = String(member(made.body, "auth", "client_token"));
    await clock.advance(50_000);
    const renewed = await send("POST", "auth/token/renew-self", {}, token);
    expect(member(renewed.body, "auth", "lease_duration")).toBe(40);
    await clock.advance(39_000);
    expect((await send("GET", "auth/token/lookup-self", undefined, token)).status).toBe(200);
    await clock.advance(2_000);
    expect((await send("GET", "auth/token/lookup-self", undefined, token)).status).toBe(403);
  });

  test("a periodic token lives as long as it is renewed", async () => {
    const made = await send("POST", "auth/token/create", { period: "60s", policies: ["default"] });
    const token = String(member(made.body, "auth", "client_token"));
    for (const _ of [1, 2, 3]) {
      await clock.advance(50_000);
      expect((await send("POST", "auth/token/renew-self", {}, token)).status).toBe(200);
    }
  });

  test("a secret id ends with its time to live", async () => {
    await send("POST", "sys/auth/approle", { type: "approle" });
    await send("POST", "auth/approle/role/r", { secret_id_ttl: "60s", role_id: "r" });
    const made = await send("POST", "auth/approle/role/r/secret-id", {});
    const login = { role_id: "r", secret_id: member(made.body, "data", "secret_id") };
    expect((await send("POST", "auth/approle/login", login, "")).status).toBe(200);
    await clock.advance(61_000);
    expect((await send("POST", "auth/approle/login", login, "")).status).toBe(400);
  });
});

test("a token with a number of uses ends with the last one", async () => {
  const made = await send("POST", "auth/token/create", { num_uses: 2, ttl: "1h", policies: ["default"] });
  const token = String(member(made.body, "auth", "client_token"));
  const statuses = [];
  for (const _ of [1, 2, 3]) statuses.push((await send("GET", "auth/token/lookup-self", undefined, token)).status);
  expect(statuses).toEqual([200, 200, 403]);
});

test("create and update are told apart by whether the key is there", async () => {
  await send("POST", "sys/policies/acl/p", {
    policy: 'path "secret/data/new" { capabilities = ["create"] } path "secret/data/old" { capabilities = ["update"] }',
  });
  const made = await send("POST", "auth/token/create", { policies: ["p"], ttl: "1h" });
  const token = String(member(made.body, "auth", "client_token"));
  const write = async (key: string): Promise<number> =>
    (await send("POST", `secret/data/${key}`, { data: {} }, token)).status;
  expect([await write("new"), await write("new"), await write("old")]).toEqual([200, 403, 403]);
  await send("POST", "secret/data/old", { data: {} });
  expect(await write("old")).toBe(200);
});

test("a policy is read back as it was written, until it is deleted", async () => {
  const policy = 'path "a" { capabilities = ["read"] }';
  await send("PUT", "sys/policies/acl/p", { policy });
  expect(await send("GET", "sys/policies/acl/p")).toMatchObject({ body: { data: { name: "p", policy } } });
  await send("DELETE", "sys/policies/acl/p");
  expect((await send("GET", "sys/policies/acl/p")).status).toBe(404);
});

test("a child's policies must be among its parent's", async () => {
  await send("POST", "sys/policies/acl/p", { policy: 'path "auth/token/create" { capabilities = ["update"] }' });
  const made = await send("POST", "auth/token/create", { policies: ["p"], ttl: "1h" });
  const token = String(member(made.body, "auth", "client_token"));
  expect((await send("POST", "auth/token/create", { policies: ["p"] }, token)).status).toBe(200);
  expect((await send("POST", "auth/token/create", { policies: ["root"] }, token)).status).toBe(400);
});

test("what another asks for with sudo needs that capability too", async () => {
  await send("POST", "sys/policies/acl/p", { policy: 'path "sys/auth/*" { capabilities = ["update"] }' });
  await send("POST", "sys/policies/acl/q", { policy: 'path "sys/auth/*" { capabilities = ["update", "sudo"] }' });
  for (const [policy, status] of [
    ["p", 403],
    ["q", 204],
  ] as const) {
    const made = await send("POST", "auth/token/create", { policies: [policy], ttl: "1h" });
    const token = String(member(made.body, "auth", "client_token"));
    expect((await send("POST", "sys/auth/approle", { type: "approle" }, token)).status).toBe(status);
  }
});

test("a body that is null is none", async () => {
  expect(await send("POST", "secret/data/a", null)).toEqual({ status: 400, body: { errors: ["no data provided"] } });
  expect((await send("POST", "auth/token/create", null)).status).toBe(200);
});

test("a token lives for its ttl where the command line sends a period of nothing along", async () => {
  const { body } = await send("POST", "auth/token/create", { ttl: "1h0m0s", period: "0s", explicit_max_ttl: "0s" });
  expect(member(body, "auth")).toMatchObject({ lease_duration: 3600, renewable: true });
});

test.each([
  ["60", "response wrapping is not served"],
  ["1m30s", "response wrapping is not served"],
  ["x", "error parsing X-Vault-Wrap-TTL header"],
])("an answer to be wrapped for %s is refused, and nothing is done", async (ttl, error) => {
  await send("POST", "secret/data/a", { data: { k: "canary" } });
  const wrap = { "X-Vault-Wrap-TTL": ttl };
  for (const [method, body] of [["GET"], ["POST", { data: { k: "other" } }], ["DELETE"]] as const) {
    const refused = await send(method, "secret/data/a", body, "root", wrap);
    expect(refused).toEqual({ status: 400, body: { errors: [expect.stringContaining(error)] } });
  }
  const { body } = await send("GET", "secret/data/a", undefined, "root", { "X-Vault-Wrap-TTL": "0" });
  expect(member(body, "data")).toMatchObject({ data: { k: "canary" }, metadata: { version: 1 } });
});

test("a bearer token is as good as X-Vault-Token", async () => {
  const headers = { Authorization: "Bearer root" };
  expect((await fetch(`${vault.address}/v1/auth/token/lookup-self`, { headers })).status).toBe(200);
});

test("LIST, which Node's parser refuses, is answered as Vault answers it", async () => {
  await send("POST", "secret/data/dir/key", { data: {} });
  const socket = connect(vault.port, "127.0.0.1");
  socket.write(
    `LIST /v1/secret/metadata/dir HTTP/1.1\r\nHost: 127.0.0.1:${vault.port}\r\nX-Vault-Token: root\r\nConnection: keep-alive\r\n\r\n`,
  );
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain('"keys":["key"]');
});

test("bytes that are no HTTP end the connection", async () => {
  const socket = connect(vault.port, "127.0.0.1");
  socket.write("nonsense\r\n\r\n");
  expect(await text(socket)).toBe("");
});

describe("faults", () => {
  const write = (): Promise<Answer> => send("POST", "secret/data/f", { data: {} });
  const revision = async (): Promise<unknown> =>
    member((await send("GET", "secret/metadata/f")).body, "data", "current_version");

  test("strike the k-th request that matches, once", async () => {
    vault.faults.inject(
      { kind: "status", status: 429, errors: ["slow"] },
      { method: "POST", path: /^secret\/data\//, at: 2 },
    );
    expect(await write()).toMatchObject({ status: 200 });
    expect((await send("GET", "secret/data/f")).status).toBe(200);
    expect(await write()).toEqual({ status: 429, body: { errors: ["slow"] } });
    expect(await write()).toMatchObject({ status: 200 });
  });

  test("strike every request until they are cleared", async () => {
    vault.faults.inject({ kind: "status", status: 500 }, { at: "every" });
    expect([(await write()).status, (await write()).status]).toEqual([500, 500]);
    vault.faults.clear();
    expect((await write()).status).toBe(200);
  });

  test("refuse comes before the effect, cut after it", async () => {
    await write();
    vault.faults.inject({ kind: "refuse" }, { method: "POST" });
    await expect(write()).rejects.toThrow("fetch failed");
    expect(await revision()).toBe(1);
    vault.faults.inject({ kind: "cut" }, { method: "POST" });
    await expect(write()).rejects.toThrow("fetch failed");
    expect(await revision()).toBe(2);
  });

  test("delay answers late", async () => {
    vault.faults.inject({ kind: "delay", delayMs: 20 });
    expect((await write()).status).toBe(200);
  });

  test("a delay does not keep the server from stopping", async () => {
    vault.faults.inject({ kind: "delay", delayMs: 60_000 });
    const [late] = await Promise.allSettled([write(), vault.stop()]);
    expect(late.status).toBe("rejected");
    vault = await startVault({ clock });
  });
});

describe("health", () => {
  test.each([
    ["active", "", 200],
    ["active", "?activecode=299", 299],
    ["standby", "", 429],
    ["standby", "?standbyok=true", 200],
    ["standby", "?standbycode=204", 204],
    ["sealed", "", 503],
    ["sealed", "?sealedcode=200", 200],
  ] as const)("of %s with %j is %i", async (kind, query, status) => {
    vault.faults.become({ kind });
    expect((await fetch(`${vault.address}/v1/sys/health${query}`)).status).toBe(status);
  });

  test("a sealed server answers nothing else but its status, and forgets nothing", async () => {
    await send("POST", "secret/data/s", { data: {} });
    vault.faults.become({ kind: "sealed" });
    expect(await send("GET", "secret/data/s")).toEqual({ status: 503, body: { errors: ["Vault is sealed"] } });
    expect(await send("GET", "sys/seal-status")).toMatchObject({ status: 200, body: { sealed: true } });
    vault.faults.become({ kind: "active" });
    expect((await send("GET", "secret/data/s")).status).toBe(200);
  });

  test("a standby sends to its leader, or has none", async () => {
    vault.faults.become({ kind: "standby", leader: "http://127.0.0.1:1" });
    expect((await send("GET", "secret/data/s")).status).toBe(307);
    vault.faults.become({ kind: "standby" });
    expect((await send("GET", "secret/data/s")).status).toBe(500);
  });
});

test("a stopped server gives its port back", async () => {
  const { port } = vault;
  await vault.stop();
  const again = connect(port, "127.0.0.1");
  const [error] = await once(again, "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  vault = await startVault({ clock, port });
  expect(vault.port).toBe(port);
});
