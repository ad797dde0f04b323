import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { bao, startOpenBao, type VaultUnderTest } from "../support/openbao.ts";
import { at, type RawAnswer, vaultAdmin } from "../support/vault-http.ts";
import { sampledRuns } from "../support/sampled.ts";

type Request = readonly [method: string, path: string, body?: unknown, type?: string];

const patch = "application/merge-patch+json";

/** Each is sent to both servers, in this order: what one leaves behind the next one meets. */
const requests: readonly Request[] = [
  ["GET", "secret/data"],
  ["GET", "secret/foo"],
  ["GET", "sys/nope"],
  ["GET", "auth/nope/login"],
  ["GET", ""],
  ["GET", "secret/data/./m"],
  ["GET", "secret//data/m"],
  ["POST", "secret/data/m", { data: "x" }],
  ["POST", "secret/data/m", [1]],
  ["POST", "secret/data/m"],
  ["POST", "secret/data/m", null],
  ["POST", "secret/data/m", { data: null }],
  ["POST", "secret/data/m", { data: {}, options: { cas: "0" } }],
  ["POST", "secret/data/m", { data: {}, options: { cas: "x" } }],
  ["POST", "secret/data/m", { data: {}, options: { cas: -1 } }],
  ["POST", "secret/data/m", { data: {}, options: "x" }],
  ["POST", "secret/data/m/", { data: {} }],
  ["PATCH", "secret/data/m", { data: { a: 1 } }, "application/json"],
  ["PATCH", "secret/data/m", { data: { a: 1 }, options: { cas: 0 } }, patch],
  ["PATCH", "secret/data/m", { x: 1 }, patch],
  ["PATCH", "secret/data/none", { data: {} }, patch],
  ["POST", "secret/data/m", { data: { a: { b: 1, c: { d: [{ e: 1 }] } }, f: null } }],
  ["PATCH", "secret/data/m", { data: { a: { b: null, x: { y: null, z: 1 } }, f: 2 } }, patch],
  ["GET", "secret/data/m"],
  ["GET", "secret/subkeys/m"],
  ["GET", "secret/subkeys/m?depth=1"],
  ["GET", "secret/subkeys/m?depth=2"],
  ["GET", "secret/subkeys/none"],
  ["GET", "secret/data/m?version=99"],
  ["GET", "secret/data/m?version=1"],
  ["GET", "secret/data/m?version=0"],
  ["POST", "secret/delete/m", {}],
  ["POST", "secret/delete/m", { versions: ["1"] }],
  ["GET", "secret/data/m?version=1"],
  ["GET", "secret/subkeys/m?version=1"],
  ["POST", "secret/undelete/m", {}],
  ["POST", "secret/undelete/m", { versions: [1, 9] }],
  ["GET", "secret/data/m?version=1"],
  ["POST", "secret/destroy/none", { versions: [1] }],
  ["DELETE", "secret/data/none"],
  ["DELETE", "secret/data/m"],
  ["PATCH", "secret/data/m", { data: { a: 1 } }, patch],
  ["POST", "secret/data/m", { data: { a: 1 }, options: { cas: 3 } }],
  ["POST", "secret/metadata/m", { custom_metadata: { a: 5, b: true } }],
  ["GET", "secret/metadata/m"],
  ["POST", "secret/metadata/m", { custom_metadata: { a: "" } }],
  ["POST", "secret/metadata/m", { custom_metadata: { a: "x".repeat(513) } }],
  ["POST", "secret/metadata/m", { custom_metadata: { ["x".repeat(129)]: "a" } }],
  ["POST", "secret/metadata/m", { custom_metadata: { a: "x\u0001" } }],
  ["POST", "secret/metadata/m", { custom_metadata: { "": "x" } }],
  ["POST", "secret/metadata/m", { custom_metadata: "x" }],
  [
    "POST",
    "secret/metadata/m",
    { custom_metadata: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [n, "v"])) },
  ],
  ["POST", "secret/metadata/m", { delete_version_after: "x" }],
  ["POST", "secret/metadata/m", { delete_version_after: "1h30m", max_versions: "4" }],
  ["POST", "secret/metadata/m", { max_versions: "x" }],
  ["GET", "secret/metadata/m"],
  ["PATCH", "secret/metadata/none", { max_versions: 1 }, patch],
  ["PATCH", "secret/metadata/m", { custom_metadata: { a: null, c: "d" } }, patch],
  ["GET", "secret/metadata/m"],
  ["PATCH", "secret/metadata/m", { custom_metadata: { e: "x".repeat(512), f: null } }, patch],
  ["PATCH", "secret/metadata/m", { custom_metadata: { e: "x".repeat(513) } }, patch],
  ["PATCH", "secret/metadata/m", { custom_metadata: { ["k".repeat(129)]: "v" } }, patch],
  ["PATCH", "secret/metadata/m", { custom_metadata: { g: "x" } }, "application/json"],
  [
    "PATCH",
    "secret/metadata/m",
    { custom_metadata: Object.fromEntries(Array.from({ length: 63 }, (_, n) => [`n${n}`, "v"])) },
    patch,
  ],
  ["POST", "secret/data/m", { data: { a: 2 } }],
  ["GET", "secret/data/m"],
  ["POST", "secret/metadata/owned", { custom_metadata: { a: "b" } }],
  ["GET", "secret/data/owned"],
  ["POST", "secret/data/owned", { data: {}, options: { cas: 0 } }],
  ["POST", "secret/metadata/owned", { custom_metadata: { c: "d" } }],
  ["GET", "secret/metadata/owned"],
  ["POST", "secret/metadata/owned", { max_versions: 3 }],
  ["GET", "secret/metadata/owned"],
  ["POST", "secret/delete/owned", { versions: [1] }],
  ["GET", "secret/data/owned"],
  ["POST", "secret/undelete/owned", { versions: [1] }],
  ["GET", "secret/data/owned"],
  ["POST", "secret/delete/owned", { versions: [1] }],
  ["POST", "secret/destroy/owned", { versions: [1] }],
  ["GET", "secret/data/owned"],
  ["GET", "secret/metadata/owned"],
  ["DELETE", "secret/metadata/owned"],
  ["POST", "secret/data/owned", { data: {}, options: { cas: 0 } }],
  ["GET", "secret/data/owned"],
  ["PATCH", "secret/metadata/m", { custom_metadata: null }, patch],
  ["GET", "secret/metadata/m"],
  ["POST", "secret/metadata/", { max_versions: 1 }],
  ["POST", "secret/data/dir/one", { data: {} }],
  ["POST", "secret/data/dir/sub/two", { data: {} }],
  ["LIST", "secret/metadata/dir"],
  ["LIST", "secret/metadata/dir/"],
  ["GET", "secret/metadata/dir?list=true"],
  ["GET", "secret/metadata/?list=true"],
  ["LIST", "secret/data/m"],
  ["GET", "secret/metadata/none"],
  ["GET", "secret/config"],
  ["POST", "auth/token/create", { ttl: "1h", policies: ["p1"], num_uses: 1 }],
  ["POST", "auth/token/create", {}],
  ["POST", "auth/token/create", { ttl: "1h", explicit_max_ttl: "30m", no_default_policy: true, policies: ["p1"] }],
  ["POST", "auth/token/create", { period: "1h", policies: ["p1"], meta: { a: "b" }, renewable: false }],
  ["POST", "auth/token/create-orphan", { ttl: "1h" }],
  ["POST", "auth/token/create", { ttl: "1h0m0s", period: "0s", explicit_max_ttl: "0s" }],
  ["POST", "auth/token/create", null],
  [
    "POST",
    "auth/token/create",
    { id: "chosen0000000000000token", ttl: "1h", policies: ["default"], display_name: "c" },
  ],
  ["POST", "auth/token/lookup", { token: "chosen0000000000000token" }],
  ["POST", "auth/token/renew", { token: "chosen0000000000000token", increment: "2h" }],
  ["POST", "auth/token/lookup", { token: "chosen0000000000000token" }],
  ["POST", "auth/token/revoke", { token: "chosen0000000000000token" }],
  ["POST", "auth/token/lookup", { token: "chosen0000000000000token" }],
  ["POST", "auth/token/lookup-accessor", { accessor: "none" }],
  ["POST", "auth/token/nope", {}],
  ["POST", "sys/mounts/flat", { type: "kv", options: { version: "1" } }],
  ["POST", "flat/data/a", { data: { a: 1 } }],
  ["GET", "flat/data/a"],
  ["LIST", "flat/data"],
  ["LIST", "flat/none"],
  ["DELETE", "flat/data/a"],
  ["GET", "flat/data/a"],
  ["PATCH", "flat/data/a", {}, patch],
  ["POST", "sys/policies/acl/p1", { policy: 'path "secret/data/*" { capabilities = ["read"] }' }],
  ["POST", "sys/policies/acl/p2", {}],
  ["POST", "sys/policies/acl/root", { policy: 'path "x" { policy = "read" }' }],
  ["GET", "sys/policies/acl/none"],
  ["LIST", "sys/policies/acl"],
  ["DELETE", "sys/policies/acl/default"],
  ["DELETE", "sys/policies/acl/p1"],
  ["LIST", "sys/policies/acl"],
  ["POST", "sys/capabilities-self", { paths: ["secret/data/x", "sys/mounts"] }],
  ["POST", "sys/capabilities-self", {}],
  ["POST", "sys/auth/approle", { type: "approle" }],
  ["POST", "sys/auth/approle", { type: "approle" }],
  ["POST", "sys/auth/foo", { type: "nope" }],
  ["POST", "sys/mounts/foo", { type: "nope" }],
  ["POST", "sys/mounts/kvx", { type: "kv-v2" }],
  ["GET", "sys/mounts/none"],
  ["GET", "sys/internal/ui/mounts/kvx/any/thing"],
  ["GET", "sys/internal/ui/mounts/none/x"],
  ["POST", "auth/approle/role/r", { token_policies: "p1,p2", token_ttl: "1m", secret_id_ttl: "60s" }],
  ["GET", "auth/approle/role/r"],
  ["GET", "auth/approle/role/none"],
  ["GET", "auth/approle/role/none/role-id"],
  ["LIST", "auth/approle/role"],
  ["POST", "auth/approle/role/none/secret-id", {}],
  ["POST", "auth/approle/role/r/role-id", { role_id: "my-role" }],
  ["GET", "auth/approle/role/r/role-id"],
  ["POST", "auth/approle/role/r/custom-secret-id", { secret_id: "abc" }],
  ["POST", "auth/approle/login", { role_id: "my-role", secret_id: "abc" }],
  ["POST", "auth/approle/login", { role_id: "my-role" }],
  ["POST", "auth/approle/login", { secret_id: "abc" }],
  ["LIST", "auth/approle/role/r/secret-id"],
  ["POST", "auth/approle/role/r/secret-id/destroy", { secret_id: "abc" }],
  ["POST", "auth/approle/login", { role_id: "my-role", secret_id: "abc" }],
  ["DELETE", "auth/approle/role/r"],
  ["DELETE", "auth/approle/role/r"],
  ["GET", "sys/health?activecode=299"],
  ["GET", "sys/health?activecode=299&standbyok=true"],
];

/** Known and meant: fields of newer or wider servers, texts for a human, and what the passing time changes. */
const leftOut = new Set([
  "request_id",
  "warnings",
  "current_metadata_version",
  "metadata_cas_required",
  "server_time_utc",
  "cluster_name",
  "ttl",
]);

const volatile: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/,
  token: /^(hvs\.|s\.)?[A-Za-z0-9]{24}$/,
  accessor: /^[a-z]+_[0-9a-f]{8}$/,
};

/** With what differs from one run to the next told by its kind alone. */
function shapeOf(value: unknown): unknown {
  if (typeof value === "string") return Object.keys(volatile).find((kind) => volatile[kind]?.test(value)) ?? value;
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([key]) => !leftOut.has(key));
  return Object.fromEntries(members.map(([key, member]) => [key, shapeOf(member)]));
}

const answerShape = ({ status, headers, body }: RawAnswer): unknown => ({
  status,
  location: headers.location,
  body: shapeOf(body),
});

describe.skipIf(bao === undefined)("the local Vault and a real OpenBao", () => {
  let local: VaultUnderTest;
  let real: VaultUnderTest;
  beforeAll(async () => {
    [local, real] = await Promise.all([startVault({ clock: movableClock() }), startOpenBao(bao ?? "")]);
  });
  afterAll(async () => {
    await Promise.all([local.stop(), real.stop()]);
  });

  const send = async (vault: VaultUnderTest, [method, path, body, type]: Request): Promise<RawAnswer> =>
    vaultAdmin(vault)(method, path, body, type === undefined ? {} : { "Content-Type": type });

  test.each(requests.map((request, index) => [index, request[0], request[1], request] as const))(
    "answer %i. %s %s alike",
    async (_index, _method, _path, request) => {
      const [ours, theirs] = [await send(local, request), await send(real, request)];
      expect(answerShape(ours)).toEqual(answerShape(theirs));
    },
  );

  const segment = fc.constantFrom("a", "ab", "b", "+", "c");
  const pattern = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom("", "*", "/*", "/"))
    .map(([segments, end]) => `${segments.join("/")}${end}`);
  const capability = fc.constantFrom("create", "read", "update", "patch", "delete", "list", "deny");
  const policy = fc.array(fc.tuple(pattern, fc.uniqueArray(capability, { minLength: 1, maxLength: 4 })), {
    minLength: 1,
    maxLength: 4,
  });
  const path = fc
    .array(fc.constantFrom("a", "ab", "abc", "b", "c", ""), { minLength: 1, maxLength: 4 })
    .map((segments) => segments.join("/").replace(/^\/+/, ""))
    .filter((text) => text !== "");

  test("decide alike what two policies allow on any path", async () => {
    await fc.assert(
      fc.asyncProperty(
        policy,
        policy,
        fc.uniqueArray(path, { minLength: 5, maxLength: 12 }),
        async (one, two, paths) => {
          const decisions = await Promise.all(
            [local, real].map(async (vault) => {
              const admin = vaultAdmin(vault);
              for (const [name, rules] of Object.entries({ one, two })) {
                const text = rules.map(([on, allow]) => `path "${on}" { capabilities = ${JSON.stringify(allow)} }`);
                await admin("POST", `sys/policies/acl/${name}`, { policy: text.join("\n") });
              }
              const made = await admin("POST", "auth/token/create", { policies: ["one", "two"], ttl: "1h" });
              const token = String(at(made.body, "auth", "client_token"));
              const answer = await admin("POST", "sys/capabilities-self", { paths }, { "X-Vault-Token": token });
              expect(answer.status).toBe(200);
              return at(answer.body, "data");
            }),
          );
          expect(decisions[0]).toEqual(decisions[1]);
        },
      ),
      { numRuns: sampledRuns(200) },
    );
  });
});
