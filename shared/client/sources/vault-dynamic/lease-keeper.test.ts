import { expect, onTestFinished, test } from "vitest";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { manualClock } from "../../../testing/manual-clock.ts";
import type { VaultAnswer } from "../../../vault/vault-client.ts";
import type { SecretNotice } from "../../invalidation/invalidation-source.ts";
import { leaseKeeper } from "./lease-keeper.ts";

const hour = 3_600_000;
const minute = 60_000;

/** A Vault of one role, its leases of an hour. */
function stage(overlapMs = minute) {
  const clock = manualClock();
  const vault = {
    requests: [] as string[],
    issued: 0,
    renewable: true,
    /** Called with each request's path, before it is answered. */
    meanwhile: undefined as ((path: string) => void) | undefined,
    /** What a renewal grants. */
    seconds: 3_600,
    token: "one",
    status: undefined as number | undefined,
    errors: undefined as readonly string[] | undefined,
    /** The only path that `status` is for; every one where there is none. */
    failing: undefined as string | undefined,
  };
  const notices: SecretNotice[] = [];
  const errors: RekeyError[] = [];
  function answer(path: string): VaultAnswer {
    if (vault.status !== undefined && (vault.failing ?? path) === path)
      return { status: vault.status, body: { errors: vault.errors } };
    if (path === "sys/leases/renew") return { status: 200, body: { lease_duration: vault.seconds } };
    if (path !== "database/creds/orders") return { status: 200, body: {} };
    const number = ++vault.issued;
    const data = { username: `v-${number}`, password: `canary-${number}` };
    const body = { lease_id: `${path}/${number}`, lease_duration: 3_600, renewable: vault.renewable, data };
    return { status: 200, body };
  }
  const keeper = leaseKeeper({
    role: "orders",
    mount: "database",
    connection: { engine: "postgres", host: "db" },
    session: {
      send: async ({ path, body }) => {
        vault.requests.push([path, body?.["lease_id"]].filter(Boolean).join(" "));
        vault.meanwhile?.(path);
        return answer(path);
      },
      tokenOf: () => new SecretValue(vault.token),
      isInUse: (token) => token?.reveal() === vault.token,
    },
    clock,
    sendTimeoutMs: 60_000,
    overlapMs,
    random: () => 0.5,
    notify: (notice) => notices.push(notice),
    report: (error) => errors.push(error),
  });
  onTestFinished(async () => keeper.close());
  const count = (path: string): number => vault.requests.filter((request) => request.startsWith(path)).length;
  return { clock, vault, notices, errors, keeper, count };
}

test("all who ask get one lease, with what a pool needs", async () => {
  const { keeper, vault } = stage();
  const leases = await Promise.all(Array.from({ length: 50 }, async () => keeper.current()));
  expect(new Set(leases).size).toBe(1);
  expect(vault.issued).toBe(1);
  expect(JSON.parse(leases[0]?.value.reveal() ?? "")).toEqual({
    engine: "postgres",
    host: "db",
    username: "v-1",
    password: "canary-1",
  });
});

test("a lease is renewed in its middle for as long as that brings its full time", async () => {
  const { keeper, clock, vault, count } = stage();
  await keeper.current();
  await clock.advance(10 * hour);
  expect(vault.issued).toBe(1);
  expect(count("sys/leases/renew")).toBeGreaterThan(10);
  expect(count("auth/token/lookup-self")).toBeGreaterThan(100);
});

test("a lease that its max TTL cuts short is replaced before its end, and the old one runs on meanwhile", async () => {
  const { keeper, clock, vault, notices } = stage();
  const first = await keeper.current();
  vault.seconds = 600;
  await clock.advance(hour * 0.55 + 8 * minute);
  expect(vault.issued).toBe(1);
  await clock.advance(minute);
  expect(vault.issued).toBe(2);
  const second = await keeper.current();
  expect(notices).toEqual([
    expect.objectContaining({
      secretArn: "orders",
      versionId: second.versionId,
      previousVersionId: first.versionId,
      replacedStillWorks: true,
    }),
  ]);
  expect(keeper.previous()).toBe(first);
  expect(await keeper.byId(first.versionId)).toBe(first);
  await clock.advance(2 * minute);
  expect(keeper.previous()).toBeUndefined();
});

test.each([
  ["cannot be renewed", (vault: { renewable: boolean }) => void (vault.renewable = false)],
  [
    "may not be renewed by the policy",
    (vault: { status: number | undefined; errors: readonly string[] | undefined }) =>
      Object.assign(vault, { status: 403, errors: ["1 error occurred:\n\t* permission denied\n\n"] }),
  ],
])("a lease that %s is used nearly to its end and replaced", async (what, change) => {
  const { keeper, clock, vault } = stage();
  if (what === "cannot be renewed") change(vault);
  await keeper.current();
  if (what !== "cannot be renewed") change(vault);
  await clock.advance(hour * 0.7);
  expect(vault.issued).toBe(1);
  vault.status = undefined;
  await clock.advance(hour * 0.3 - 30_000);
  expect(vault.issued).toBe(2);
});

test("a lease that Vault does not know any more is replaced at its renewal", async () => {
  const { keeper, clock, vault, notices } = stage();
  await keeper.current();
  Object.assign(vault, { status: 400, failing: "sys/leases/renew" });
  await clock.advance(hour * 0.56);
  expect(vault.issued).toBe(2);
  expect(notices).toMatchObject([{ replacedStillWorks: false }]);
});

test("a lease whose token is no longer the session's is replaced, since it ends with its token", async () => {
  const { keeper, clock, vault } = stage();
  await keeper.current();
  vault.token = "two";
  await clock.advance(minute);
  expect(vault.issued).toBe(2);
});

test("while Vault is away the lease is used to its end, and then reads say why there is none", async () => {
  const { keeper, clock, vault, notices, errors } = stage();
  const first = await keeper.current();
  vault.status = 503;
  await clock.advance(hour - 1_000);
  expect(await keeper.current()).toBe(first);
  expect(notices).toEqual([]);
  expect(errors.map(({ code }) => code)).toContain("mirror-unavailable");
  await clock.advance(1_000);
  expect(notices).toEqual([expect.objectContaining({ previousVersionId: first.versionId, replacedStillWorks: false })]);
  await expect(keeper.current()).rejects.toMatchObject({ code: "mirror-unavailable" });
  vault.status = undefined;
  const second = await keeper.current();
  expect(second.versionId).toBe(notices[0]?.versionId);
  expect(vault.issued).toBe(2);
});

test("a renewal that fails because the process stood still is made again at once, and is no failure of Vault's", async () => {
  const { keeper, clock, vault, errors, count } = stage();
  const lease = await keeper.current();
  vault.meanwhile = (path) => {
    if (path !== "sys/leases/renew") return;
    vault.meanwhile = undefined;
    clock.freeze(2 * minute);
    throw new RekeyError("time-budget-spent");
  };
  await clock.advance(40 * minute);
  expect(errors).toEqual([]);
  expect(count("sys/leases/renew")).toBe(2);
  expect(await keeper.current()).toBe(lease);
});

test("a refused lease is replaced at once, one that is just made is not", async () => {
  const { keeper, clock, vault, notices } = stage();
  await keeper.current();
  expect(await keeper.another()).toBeUndefined();
  await clock.advance(6_000);
  const [one, other] = await Promise.all([keeper.another(), keeper.another()]);
  expect(one).toBe(other);
  expect(vault.issued).toBe(2);
  expect(notices).toMatchObject([{ replacedStillWorks: false }]);
});

test("the end revokes what is held, what was replaced and what was being made", async () => {
  const { keeper, clock, vault, count } = stage();
  await keeper.current();
  await clock.advance(6_000);
  const making = keeper.another();
  await keeper.close();
  await making;
  expect(vault.requests.filter((request) => request.startsWith("sys/leases/revoke"))).toEqual([
    "sys/leases/revoke database/creds/orders/1",
    "sys/leases/revoke database/creds/orders/2",
  ]);
  await expect(keeper.current()).rejects.toMatchObject({ code: "pool-closed" });
  await clock.advance(2 * hour);
  expect(count("sys/leases/renew")).toBe(0);
});

test("what was replaced is revoked when nobody uses it any more", async () => {
  const { keeper, clock, vault } = stage();
  await keeper.current();
  await clock.advance(6_000);
  await keeper.another();
  await keeper.revokeReplaced();
  await keeper.revokeReplaced();
  expect(vault.requests.filter((request) => request.startsWith("sys/leases/revoke"))).toEqual([
    "sys/leases/revoke database/creds/orders/1",
  ]);
});

test("a role that Vault does not know is secret-not-found", async () => {
  const { keeper, vault } = stage();
  vault.status = 400;
  await expect(keeper.current()).rejects.toMatchObject({ code: "secret-not-found", context: { secret: "orders" } });
});
