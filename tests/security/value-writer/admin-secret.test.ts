import { afterAll, beforeAll, expect, test } from "vitest";
import { type AttackStage, startAttackStage } from "../../support/attack-stage.ts";

/** The admin secret is in the form that RDS manages, without a host; the configuration names the real server for it. */
let stage: AttackStage;
beforeAll(async () => {
  stage = await startAttackStage(({ adminArn, target }) => ({ REKEY_ADMIN_TARGETS: `${adminArn}=${target}` }));
});
afterAll(() => stage.stop());

/** Everything that the attacker's server was told, but for what the attacker's secret held itself. */
const stolen = (own: readonly string[] = []): readonly string[] =>
  stage.attacker.collected.filter((password) => !own.includes(password));
const pair = { "rekey:strategy": "alternating-users" };

test("the admin's password is not sent to a server that the rotated secret names", async () => {
  const value = { ...stage.evil, username: "tenant", password: "own-1", masterarn: stage.adminArn };
  const secret = await stage.createSecret("tenant-1", value, pair);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: admin-secret-refused/u);
  expect(stolen(["own-1"])).toEqual([]);
});

test("nor to one that it lists among its hosts next to the real one, and nothing is changed on that", async () => {
  const password = await stage.createUser("tenant2");
  const { attacker, bothAuthorities, real, hostedAdminArn } = stage;
  const value = {
    ...real,
    username: "tenant2",
    password,
    masterarn: hostedAdminArn,
    hosts: [`${attacker.host}:${attacker.port}`],
    ssl: true,
    sslrootcert: bothAuthorities,
  };
  const secret = await stage.createSecret("tenant-2", value, pair);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: admin-secret-refused/u);
  expect(stolen(["own-1", password])).toEqual([]);
  expect(await stage.logsIn("tenant2", password)).toBe(true);
});

test("nor to another port of the host that the admin secret names itself", async () => {
  const value = { ...stage.evil, username: "tenant", password: "own-3", masterarn: stage.hostedAdminArn };
  const secret = await stage.createSecret("tenant-3", value, pair);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: admin-secret-refused/u);
  expect(stolen(["own-1", "own-3"]).filter((password) => stage.canaries.includes(password))).toEqual([]);
});

test("the admin's rights are not lent to set another user's password, though the secret names that user", async () => {
  const before = stage.canaries[1] ?? "";
  const value = { ...stage.real, username: "victim", password: "guessed", masterarn: stage.adminArn };
  const secret = await stage.createSecret("tenant-4", value, { "rekey:strategy": "single-user" });
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: credential-orphaned/u);
  expect(await stage.logsIn("victim", before)).toBe(true);
});

test("nor to retire another user as the alternate of the secret's own", async () => {
  const before = stage.canaries[1] ?? "";
  const password = await stage.createUser("tenant5");
  const value = {
    ...stage.real,
    username: "tenant5",
    password,
    masterarn: stage.adminArn,
    alternateusers: ["tenant5", "victim"],
  };
  const secret = await stage.createSecret("tenant-5", value, { ...pair, "rekey:grace": "1m" });
  await stage.put(secret, { ...value, note: "a second version, so that there is one to retire" });
  const versionId = await stage.currentVersion(secret);
  expect(await stage.step("retirePrevious", secret, versionId)).toMatch(/^RekeyError: user-collision/u);
  expect(await stage.logsIn("victim", before)).toBe(true);
});
