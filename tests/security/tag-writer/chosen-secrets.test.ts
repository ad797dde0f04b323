import { afterAll, beforeAll, expect, test } from "vitest";
import { type AttackStage, startAttackStage } from "../../support/attack-stage.ts";

let stage: AttackStage;
beforeAll(async () => {
  stage = await startAttackStage(({ adminArn, target }) => ({ REKEY_ADMIN_TARGETS: `${adminArn}=${target}` }));
});
afterAll(() => stage.stop());

test("another tenant's secret that rekey:admin-secret names is not logged in with", async () => {
  const value = { ...stage.evil, username: "tenant", password: "own-1" };
  const tags = { "rekey:strategy": "alternating-users", "rekey:admin-secret": stage.victimArn };
  const secret = await stage.createSecret("tenant-1", value, tags);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: admin-secret-refused/u);
  expect(stage.attacker.collected.filter((collected) => collected !== "own-1")).toEqual([]);
});

test("an admin secret that the configuration grants goes to no other server by the tag", async () => {
  const value = { ...stage.evil, username: "tenant", password: "own-2" };
  const tags = { "rekey:strategy": "alternating-users", "rekey:admin-secret": stage.adminArn };
  const secret = await stage.createSecret("tenant-2", value, tags);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: admin-secret-refused/u);
  expect(stage.attacker.collected.filter((collected) => stage.canaries.includes(collected))).toEqual([]);
});

test("an existing user that rekey:alternate-user names keeps its password: BYPASSRLS is not obtained", async () => {
  const password = await stage.createUser("tenant3");
  const value = { ...stage.real, username: "tenant3", password, masterarn: stage.adminArn };
  const tags = { "rekey:strategy": "alternating-users", "rekey:alternate-user": "victim" };
  const secret = await stage.createSecret("tenant-3", value, tags);
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: user-collision/u);
  expect(await stage.logsIn("victim", stage.canaries[1] ?? "")).toBe(true);
});
