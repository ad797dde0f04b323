import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { servingRule } from "../../../shared/client/cache/serving-rules.ts";
import { type VaultSourceOptions, vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import type { ErrorCode } from "../../../shared/errors/codes.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { listening } from "../../support/listening.ts";
import { bao } from "../../support/openbao.ts";
import { type SealableOpenBao, startSealableOpenBao } from "../../support/sealable-openbao.ts";
import { at, type VaultAdmin, vaultAdmin } from "../../support/vault-http.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

const kind = "one error for two causes";
const current = { label: "AWSCURRENT" } as const;
const call = { signal: AbortSignal.timeout(120_000) };
const tokenOf = (text: string) => ({ method: "token", token: new SecretValue(text) }) as const;

const outcomeOf = async (read: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await read();
  } catch (error) {
    return error;
  }
};

/** A Vault that answers each read of a key as it is told to, after a login that succeeds. */
async function scripted(status: number, body: unknown, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const server = createServer((request, response) => {
    const path = String(request.url).replace("/v1/", "");
    const isLogin = path === "auth/token/lookup-self";
    response.writeHead(isLogin || path in more ? 200 : status, { "content-type": "application/json" });
    response.end(JSON.stringify(isLogin ? { data: { ttl: 0 } } : (more[path] ?? body)));
  });
  const { port, stop } = await listening(server);
  onTestFinished(stop);
  return `http://127.0.0.1:${port}`;
}

const said = (text: string): unknown => ({ errors: [text] });
const states: readonly (readonly [string, number, unknown, ErrorCode])[] = [
  ["is sealed", 503, said("Vault is sealed"), "vault-sealed"],
  ["is in maintenance", 503, said("maintenance"), "mirror-unavailable"],
  ["has a balancer without a node behind it", 502, "Bad Gateway", "mirror-unavailable"],
  ["stands by for disaster recovery", 472, said(""), "vault-standby"],
  ["stands by", 500, said("local node not active but active cluster node not found"), "vault-standby"],
  ["limits the rate", 429, said("request path rate limit quota exceeded"), "vault-throttled"],
  ["has not reached the index", 412, said("required index state not present"), "vault-behind"],
  ["fails", 500, said("internal error"), "mirror-unavailable"],
  ["redirects to another host", 307, said(""), "mirror-unavailable"],
  ["is another program that knows no such page", 404, "404 page not found", "server-misbehaved"],
  ["wants TLS that is not spoken", 400, "Client sent an HTTP request to an HTTPS server.", "server-misbehaved"],
];

test.each(states)("while Vault %s, a read says that, and what to do", async (_what, status, body, expected) =>
  fieldCase(kind, async () => {
    const address = await scripted(status, body);
    const error = await outcomeOf(async () =>
      vaultSource({ address, login: tokenOf("t") }).read("orders", current, call),
    );
    expect(error).toMatchObject({ code: expected, context: { path: "secret/data/orders", status } });
  })(),
);

test(
  "a Vault that was never initialized is not told as sealed",
  fieldCase(kind, async () => {
    const address = await scripted(503, said("Vault is sealed"), { "sys/init": { initialized: false } });
    const error = await outcomeOf(async () =>
      vaultSource({ address, login: tokenOf("t") }).read("orders", current, call),
    );
    expect(error).toMatchObject({ code: "vault-uninitialized" });
  }),
);

test.each([
  ["with a line end", "s.token\n"],
  ["with the line end of Windows", "s.token\r\n"],
  ["with blanks around it", "  s.token\t"],
  ["with a byte order mark", "\uFEFFs.token"],
])("a token %s is the token", async (_what, text) =>
  fieldCase(kind, async () => {
    const tokens: unknown[] = [];
    await using server = await listening(
      createServer((request, response) => {
        tokens.push(request.headers["x-vault-token"]);
        response.writeHead(404).end(JSON.stringify({ errors: [] }));
      }),
    );
    const source = vaultSource({ address: `http://127.0.0.1:${server.port}`, login: tokenOf(text) });
    await outcomeOf(async () => source.read("orders", current, call));
    expect(tokens).toContain("s.token");
  })(),
);

test.each([
  ["two lines", "s.one\ns.two"],
  ["JSON", '{ "token": "s.one" }'],
  ["JSON in one piece", '{"token":"s.one"}'],
  ["quoted", '"s.one"'],
  ["nothing", " \n"],
  ["letters that no header has", "s.tökén"],
  ["a megabyte", "s".repeat(1_000_000)],
])("a token that is %s is refused at once, by the option's name", async (_what, text) =>
  fieldCase(kind, async () => {
    const error = await outcomeOf(async () => vaultSource({ address: "http://127.0.0.1:1", login: tokenOf(text) }));
    expect(error).toMatchObject({ code: "option-invalid", context: { option: "login.token" } });
    expect(inspect(error)).not.toContain(text.slice(0, 5).trim() || "no text");
  })(),
);

test(
  "a callback of a login that throws is the process's own trouble, and what it threw is not told",
  fieldCase(kind, async () => {
    const token = async (): Promise<SecretValue> => Promise.reject(new Error("canary"));
    const source = vaultSource({ address: "http://127.0.0.1:1", login: { method: "jwt", role: "r", token } });
    const error = await outcomeOf(async () => source.read("orders", current, call));
    expect(error).toMatchObject({ code: "credentials-missing", context: { option: "login.token" } });
    expect(inspect(error, { depth: 9 })).not.toContain("canary");
  }),
);

describe.skipIf(bao === undefined)("with OpenBao", () => {
  let vault: SealableOpenBao;
  let admin: VaultAdmin;
  beforeAll(async () => {
    vault = await startSealableOpenBao(bao ?? "");
    admin = vaultAdmin(vault);
    await admin("POST", "secret/data/orders", { data: { value: "one" } });
    await admin("POST", "sys/mounts/old", { type: "kv", options: { version: "1" } });
    await admin("POST", "old/orders", { value: "one" });
    await admin("POST", "sys/mounts/db", { type: "database" });
    await admin("POST", "sys/mounts/team/kv", { type: "kv", options: { version: "2" } });
    await admin("PUT", "sys/policies/acl/reader", {
      policy: 'path "secret/data/orders" { capabilities = ["read"] }\npath "old/data/*" { capabilities = ["read"] }',
    });
    // A mount of KV version 2 upgrades itself for a moment.
    while ((await admin("POST", "team/kv/data/orders", { data: { value: "one" } })).status !== 200) await pause(50);
  });
  afterAll(async () => vault.stop());

  const tokenFor = async (ttl: string): Promise<string> => {
    const made = await admin("POST", "auth/token/create", { policies: ["reader"], ttl });
    return String(at(made.body, "auth", "client_token"));
  };
  const read = async (options: Partial<VaultSourceOptions> = {}, secretId = "orders"): Promise<unknown> =>
    outcomeOf(async () => {
      const login = options.login ?? tokenOf(vault.rootToken);
      const answer = await vaultSource({ address: vault.address, ...options, login }).read(secretId, current, call);
      return answer?.value.reveal();
    });

  test.each([
    "secret",
    "/secret",
    "secret/",
    "/secret/",
    "secret/data",
    "secret/data/",
    "v1/secret/data",
    "/v1/secret/metadata",
    " secret\n",
  ])("the mount may be written as %j", async (mount) =>
    fieldCase(kind, async () => expect(await read({ mount })).toBe("one"))(),
  );
  test(
    "a mount below a path, and a prefix with slashes, are read, too",
    fieldCase(kind, async () => {
      expect(await read({ mount: "/team/kv/data/" })).toBe("one");
      await admin("POST", "secret/data/apps/orders", { data: { value: "two" } });
      expect(await read({ pathPrefix: "/apps/" })).toBe("two");
    }),
  );

  const wrong: readonly (readonly [string, Partial<VaultSourceOptions>, ErrorCode])[] = [
    ["a mount of KV version 1", { mount: "old" }, "vault-mount-version"],
    ["a mount that is not there", { mount: "none" }, "vault-mount-missing"],
    ["a mount of another engine", { mount: "db" }, "vault-mount-missing"],
    ["a namespace that is not there", { namespace: "none/" }, "vault-namespace-missing"],
    ["a token that Vault does not know", { login: tokenOf("s.unknown") }, "vault-token-refused"],
    [
      "a secret id that Vault does not know",
      { login: { method: "approle", roleId: "r", secretId: new SecretValue("s\n") } },
      "vault-login-refused",
    ],
  ];
  test.each(wrong)("%s is told as that", async (_what, options, expected) =>
    fieldCase(kind, async () => expect(await read(options)).toMatchObject({ code: expected }))(),
  );
  test(
    "a mount of KV version 1 is told to a token that may read nothing else, too, and a missing key is a missing key",
    fieldCase(kind, async () => {
      const login = tokenOf(await tokenFor("1h"));
      expect(await read({ mount: "old", login })).toMatchObject({ code: "vault-mount-version" });
      expect(await read({ login }, "other")).toMatchObject({
        code: "mirror-unauthorized",
        hint: expect.stringContaining('path "secret/data/other"'),
      });
      expect(await read({}, "missing")).toBeUndefined();
      await admin("DELETE", "secret/data/gone");
      expect(await read({}, "gone")).toBeUndefined();
    }),
  );

  test.each([
    ["has run out", "3s", "vault-token-expired", "maxStaleMs"],
    ["was revoked", "1h", "vault-token-refused", "maxDeniedMs"],
  ] as const)(
    "a service whose token %s is told so",
    async (_what, ttl, expected, servedFor) =>
      fieldCase(kind, async () => {
        const token = await tokenFor(ttl);
        const source = vaultSource({ address: vault.address, login: tokenOf(token) });
        await using client = createSecretClient({ source, ttlMs: 0 });
        expect((await client.get("orders")).value.reveal()).toBe("one");
        if (ttl === "1h") await admin("POST", "auth/token/revoke", { token });
        else await pause(4_000);
        const error = await outcomeOf(async () => client.refresh("orders"));
        expect(error).toMatchObject({ code: expected, context: { secret: "orders" } });
        expect(servingRule(expected).servedFor).toBe(servedFor);
        expect((await client.get("orders")).value.reveal()).toBe("one");
      })(),
    30_000,
  );

  test(
    "a Vault that is sealed under a service is told as sealed, and the service goes on when it is unsealed",
    fieldCase(kind, async () => {
      await using client = createSecretClient({
        source: vaultSource({ address: vault.address, login: tokenOf(vault.rootToken) }),
      });
      await client.get("orders");
      await vault.seal();
      try {
        expect(await outcomeOf(async () => client.refresh("orders"))).toMatchObject({ code: "vault-sealed" });
        expect((await client.get("orders")).value.reveal()).toBe("one");
      } finally {
        await vault.unseal();
      }
      expect((await client.refresh("orders")).value.reveal()).toBe("one");
    }),
    60_000,
  );
});
