import { expect, test } from "vitest";
import { avoidLockout } from "./avoid-lockout.ts";
import type { DatabaseEngine, LoginRefusal } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";

const call = { signal: new AbortController().signal };
const target = {
  engine: "any",
  host: "db.internal",
  port: 1,
  dbname: "one",
  tls: { mode: "disable" },
  options: new Map(),
} as const;
const credential = { username: "app", password: new SecretValue("canary") };

function refusing(refusal: LoginRefusal) {
  const offered: string[] = [];
  const engine: DatabaseEngine = {
    capabilities: { hashesPasswordOnClient: false },
    names: [],
    defaultPort: 1,
    defaultDatabase: "one",
    maxUsernameBytes: 63,
    async login({ host, dbname }, { username }) {
      offered.push(`${username}@${host}/${dbname}`);
      return { ok: false, refusal };
    },
  };
  return { engine: avoidLockout()(engine), offered };
}

test("a wrong password is not offered again, at once or later, to any database of the server", async () => {
  const { engine, offered } = refusing("bad-credential");
  const again = { ...target, host: "DB.internal", dbname: "two" };
  const logins = [target, target, again].map(async (one) => engine.login(one, credential, call));
  const refused = { ok: false, refusal: "bad-credential" };
  expect(await Promise.all(logins)).toEqual([refused, refused, refused]);
  expect(offered).toEqual(["app@db.internal/one"]);
});

test("another password, another user and another server are offered", async () => {
  const { engine, offered } = refusing("bad-credential");
  await engine.login(target, credential, call);
  await engine.login(target, { ...credential, password: new SecretValue("other") }, call);
  await engine.login(target, { ...credential, username: "other" }, call);
  await engine.login({ ...target, host: "other" }, credential, call);
  expect(offered).toEqual(["app@db.internal/one", "app@db.internal/one", "other@db.internal/one", "app@other/one"]);
});

test("a rule against the user is asked about for each database", async () => {
  const { engine, offered } = refusing("login-not-allowed");
  for (const dbname of ["one", "two", "two"]) await engine.login({ ...target, dbname }, credential, call);
  expect(offered).toEqual(["app@db.internal/one", "app@db.internal/two"]);
});
