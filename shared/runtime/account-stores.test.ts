import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { accountStores, wayTo } from "./account-stores.ts";
import { environmentOf } from "./environment.ts";

const role = (account: string, name = "rekey"): string => `arn:aws:iam::${account}:role/${name}`;
const secret = (account: string): string => `arn:aws:secretsmanager:eu-west-1:${account}:secret:db/orders-AbCdEf`;
const home = "123456789012";
const tenant = "210987654321";
const storesOf = (REKEY_ACCOUNT_ROLES: string) =>
  accountStores(environmentOf({ REKEY_ACCOUNT_ROLES, AWS_REGION: "eu-west-1" }));

test("each role that is configured is its own account's, and no account has one otherwise", () => {
  expect([...storesOf("").keys()]).toEqual([]);
  expect([...storesOf(`${role(tenant)}, ${role(home, "path/rekey")}`).keys()]).toEqual([tenant, home]);
});

test.each([
  ["rekey-rotation", "not the ARN of a role"],
  [`arn:aws:iam::${tenant}:user/rekey`, "not the ARN of a role"],
  ["arn:aws:iam::*:role/rekey", "not the ARN of a role"],
  [`${tenant}=${role(home)}`, "not the ARN of a role"],
  [`${role(tenant)},${role(tenant, "other")}`, "the account has another role"],
])("%s is refused at the cold start: %s", (variable, problem) => {
  expect(() => storesOf(variable)).toThrow(expect.objectContaining({ code: "option-invalid" }));
  expect(() => storesOf(variable)).toThrow(problem);
});

const own = memoryStore(secret(home), new SecretValue("own"));
const theirs = memoryStore(secret(tenant), new SecretValue("theirs"));
const others = new Map([[tenant, theirs]]);
const call = { signal: AbortSignal.timeout(60_000) };

test.each([secret(home), "db/orders"])("%s is rotated with the function's own rights", (secretId) => {
  expect(wayTo(secretId, own, home, others)).toEqual({ store: own });
});

test("where nobody says whose the function is, as in a shell, a secret is rotated with the rights of whoever runs it", () => {
  expect(wayTo(secret(tenant), own, undefined, others)).toEqual({ store: own });
});

test("a secret of another account goes by that account's role, and grants name its account", async () => {
  const way = wayTo(secret(tenant), own, home, others);
  expect(way.namePrefix).toBe(`${tenant}:`);
  expect(way.store.describe).toBe(theirs.describe);
  expect(way.store.putPending).toBe(theirs.putPending);
  const read = async (secretId: string) => way.store.read(secretId, { label: "AWSCURRENT" }, call);
  expect((await read(secret(tenant)))?.value.reveal()).toBe("theirs");
});

test("with it, an admin secret of any other account is read with the function's own rights", async () => {
  const admin = secret("999999999999");
  own.others.set(admin, { AWSCURRENT: new SecretValue("by own rights") });
  theirs.others.set(admin, { AWSCURRENT: new SecretValue("by the role") });
  const { store } = wayTo(secret(tenant), own, home, others);
  expect((await store.read(admin, { label: "AWSCURRENT" }, call))?.value.reveal()).toBe("by own rights");
});

test("a secret of an account without a role is refused, naming the account", () => {
  expect(() => wayTo(secret("999999999999"), own, home, others)).toThrow(
    expect.objectContaining({
      code: "account-refused",
      context: { secret: secret("999999999999"), account: "999999999999" },
    }),
  );
});
