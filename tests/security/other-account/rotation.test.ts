import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccountStage, accounts, roleArn, startAccountStage } from "../../support/account-stage.ts";
import { logsIn } from "../../support/postgres-login.ts";

let stage: AccountStage;
beforeAll(async () => {
  stage = await startAccountStage({
    environment: ({ adminArn, othersAdminArn, target }) => ({
      REKEY_ADMIN_SECRETS: `${adminArn},${othersAdminArn}`,
      REKEY_USER_GRANTS: `db/orders=victim@${target},${accounts.tenant}:db/bills=biller@${target}`,
    }),
  });
});
afterAll(() => stage.stop());

const singleUser = { "rekey:strategy": "single-user" };
const session = (account: string): string =>
  `arn:aws:sts::${account}:assumed-role/rekey-rotation/rekey-rotate-postgres`;

async function createUser(username: string): Promise<string> {
  const password = randomUUID();
  await stage.postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  return password;
}

async function secretOf(account: string, secretArn: string): Promise<{ username: string; password: string }> {
  const { SecretString = "{}" } = await stage.client(account).getSecretValue({ SecretId: secretArn });
  return JSON.parse(SecretString) as { username: string; password: string };
}

test("a secret of another account is rotated with the role of that account alone, whatever role the secret and its tags name", async () => {
  const before = await createUser("tenant");
  const chosen = { role: roleArn(accounts.other), roleArn: roleArn(accounts.other) };
  const value = { ...stage.server, ...chosen, username: "tenant", password: before };
  const tags = { "rekey:role": roleArn(accounts.other), "rekey:account-role": roleArn(accounts.other) };
  const secret = await stage.createSecret(accounts.tenant, "db/tenant", value, tags);
  expect(await stage.rotate(accounts.tenant, secret)).toMatchObject({ state: "succeeded" });

  const { password } = await secretOf(accounts.tenant, secret);
  expect(password).not.toBe(before);
  expect(await logsIn(stage.postgres, "tenant", password)).toBe(true);
  const callers = stage.callsOn(secret).map((call) => call.split(" ")[0]);
  expect(new Set(callers)).toEqual(new Set([session(accounts.tenant)]));
});

test("a secret of an account without a role is refused before anything is assumed, read or changed", async () => {
  const password = await createUser("stranger");
  const value = { ...stage.server, username: "stranger", password };
  const secret = await stage.createSecret(accounts.stranger, "db/stranger", value);
  const assumed = (): number => stage.stack.aws.requests.filter(({ operation }) => operation === "AssumeRole").length;
  const before = assumed();
  expect(await stage.rotate(accounts.stranger, secret)).toEqual({
    state: "failed",
    said: expect.stringContaining("account-refused"),
  });
  expect(stage.callsOn(secret)).toEqual([]);
  expect(assumed()).toBe(before);
  expect(await logsIn(stage.postgres, "stranger", password)).toBe(true);
});

test("an admin secret of a third account is read with the function's own rights, and never with that account's role", async () => {
  const password = await createUser("greedy");
  const value = { ...stage.server, username: "greedy", password, masterarn: stage.othersAdminArn };
  const secret = await stage.createSecret(accounts.tenant, "db/greedy", value);
  expect(await stage.rotate(accounts.tenant, secret)).toMatchObject({
    state: "failed",
    said: expect.stringContaining("access-denied"),
  });
  const callers = stage.callsOn(stage.othersAdminArn).map((call) => call.split(" ")[0]);
  expect(new Set(callers)).toEqual(
    new Set(["arn:aws:sts::123456789012:assumed-role/rekey-RotatePostgresRole/rekey-rotate-postgres"]),
  );
});

test("a role that asks for another external id is not assumed, and the log says what it needs", async () => {
  const password = await createUser("unassumed");
  const secret = await stage.createSecret(accounts.other, "db/app", {
    ...stage.server,
    username: "unassumed",
    password,
  });
  const { state, said } = await stage.rotate(accounts.other, secret);
  expect(state).toBe("failed");
  for (const part of ["access-denied", "AssumeRole", roleArn(accounts.other), "external id"]) {
    expect(said).toContain(part);
  }
  expect(stage.callsOn(secret)).toEqual([]);
  expect(await logsIn(stage.postgres, "unassumed", password)).toBe(true);
});

test("a user that is granted to a secret by its name is not granted to another account's secret of that name", async () => {
  const password = await createUser("victim");
  const value = { ...stage.server, username: "victim", password: "unknown", masterarn: stage.adminArn };
  const secret = await stage.createSecret(accounts.tenant, "db/orders", value, singleUser);
  expect(await stage.rotate(accounts.tenant, secret)).toMatchObject({
    state: "failed",
    said: expect.stringContaining("credential-orphaned"),
  });
  expect(await logsIn(stage.postgres, "victim", password)).toBe(true);
});

test("a grant that names the account is that account's", async () => {
  const password = await createUser("biller");
  const value = { ...stage.server, username: "biller", password: "unknown", masterarn: stage.adminArn };
  const secret = await stage.createSecret(accounts.tenant, "db/bills", value, singleUser);
  expect(await stage.rotate(accounts.tenant, secret)).toMatchObject({ state: "succeeded" });
  expect(await logsIn(stage.postgres, "biller", password)).toBe(false);
});

test("a replaced credential of another account stops at the end of its grace period, by that account's role", async () => {
  const password = await createUser("graced");
  const value = { ...stage.server, username: "graced", password, masterarn: stage.adminArn };
  const secret = await stage.createSecret(accounts.tenant, "db/graced", value, { "rekey:grace": "0m" });
  expect(await stage.rotate(accounts.tenant, secret)).toMatchObject({ state: "succeeded" });
  expect(await logsIn(stage.postgres, "graced", password)).toBe(true);
  const { VersionId: versionId } = await stage.client(accounts.tenant).getSecretValue({ SecretId: secret });
  const about = { secretArn: secret, secretName: "db/graced", versionId, at: new Date().toISOString() };
  expect(await stage.retire({ schemaVersion: 1, ...about })).toContain('"outcome":"retired"');
  expect(await logsIn(stage.postgres, "graced", password)).toBe(false);
});

test("a rotation token is not in the log, whatever becomes of the step", async () => {
  const RotationToken = `canary-${randomUUID()}`;
  const secret = await stage.createSecret(accounts.tenant, "db/token", {
    ...stage.server,
    username: "t",
    password: "p",
  });
  for (const SecretId of [secret, secret.replace(accounts.tenant, accounts.stranger)]) {
    const event = { Step: "createSecret", SecretId, ClientRequestToken: randomUUID(), RotationToken };
    expect(await stage.stack.lambda.invoke(stage.functionArn, event)).toMatchObject({ ok: false });
  }
  expect(stage.stack.lambda.logs.map(({ line }) => line).join("\n")).not.toContain(RotationToken);
});
