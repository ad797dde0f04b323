import { expect, onTestFinished, test } from "vitest";
import { rotator, startSqlserver } from "../../../tests/support/sqlserver-fixture.ts";
import { newLogin, newUser, opens, right, stored } from "../../../tests/support/tds-catalog.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { sqlserverEngine, type SqlserverSession } from "./sqlserver-engine.ts";
import { alternateSid, quoteName, quoteText, storedHash } from "./statements.ts";
import { statementError } from "./translate-error.ts";

const call = { signal: new AbortController().signal };
const engine = sqlserverEngine();
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});
const admin = credential(rotator.username, rotator.password);
const pair = { first: "app", alternate: "app_clone", isGranted: false };

async function stage() {
  const { catalog, port, stop } = await startSqlserver();
  onTestFinished(stop);
  catalog.logins.set("app", newLogin("app", "first"));
  const target: DatabaseTarget = {
    engine: "sqlserver",
    host: "127.0.0.1",
    port,
    dbname: "orders",
    tls: { mode: "disable" },
    options: new Map(),
  };
  const login = async (as: Credential) => engine.login(target, as, call);
  async function session(as: Credential): Promise<SqlserverSession> {
    const found = await login(as);
    if (!found.ok) throw new Error(found.refusal);
    onTestFinished(async () => found.session[Symbol.asyncDispose]());
    return found.session;
  }
  return { catalog, login, session };
}

test("a contained user changes its own password in its database, and does not alternate", async () => {
  const { catalog, session } = await stage();
  catalog.databases.get("orders")?.push({ ...newUser("inner", "0x01"), stored: stored("old") });
  const own = await session(credential("inner", "old"));
  await own.setPassword(credential("inner", "it's new"), call);
  expect(catalog.log.at(-1)).toBe(
    "SET LOCK_TIMEOUT 5000; ALTER USER [inner] WITH PASSWORD = N'it''s new' OLD_PASSWORD = N'old'",
  );
  const other = await session(credential("inner", "it's new"));
  await expect(other.syncPair({ ...pair, first: "inner" }, credential("app_clone", "x"), call)).rejects.toMatchObject({
    code: "account-unsupported",
    context: { property: "contained user" },
  });
});

test("an admin that controls the server sends hashes only, which open the new password", async () => {
  const { catalog, session } = await stage();
  const rights = catalog.logins.get(rotator.username);
  if (rights !== undefined) rights.rights = [...rights.rights, right("CONTROL SERVER")];
  const by = await session(admin);
  await by.setPassword(credential("app", "canary-one"), call);
  await by.syncPair(pair, credential("app_clone", "canary-two"), call);
  expect(catalog.log.join("\n")).not.toContain("canary");
  expect(opens(catalog.logins.get("app")?.stored ?? "", "canary-one")).toBe(true);
  expect(opens(catalog.logins.get("app_clone")?.stored ?? "", "canary-two")).toBe(true);
});

test("the hash is SQL Server's: a version, the salt, and SHA-512 of the password in UTF-16 with the salt", () => {
  const salt = Buffer.from("0a0b0c0d", "hex");
  const hash = storedHash(new SecretValue("pässword"), salt);
  expect(hash).toMatch(/^0x02000A0B0C0D[0-9A-F]{128}$/);
  expect(hash.toLowerCase()).toBe(stored("pässword", salt));
});

test("an alternate is known by its SID; one that somebody else made is refused unless it is granted", async () => {
  const { catalog, session } = await stage();
  const by = await session(admin);
  const made = newLogin("app_clone", "theirs");
  catalog.logins.set("app_clone", made);
  await expect(by.syncPair(pair, credential("app_clone", "x"), call)).rejects.toMatchObject({ code: "user-collision" });
  expect(opens(made.stored, "theirs")).toBe(true);
  await by.syncPair({ ...pair, isGranted: true }, credential("app_clone", "granted"), call);
  expect(opens(made.stored, "granted")).toBe(true);
  catalog.logins.delete("app_clone");
  await by.syncPair(pair, credential("app_clone", "ours"), call);
  const sid = catalog.logins.get("app")?.sid ?? "";
  expect(catalog.logins.get("app_clone")?.sid).toBe(alternateSid(sid));
  await by.syncPair(pair, credential("app_clone", "again"), call);
});

test("whoever may write a secret does not make a second administrator, nor change one", async () => {
  const { catalog, session } = await stage();
  catalog.logins.get("app")?.roles.add("sysadmin");
  const by = await session(admin);
  await expect(by.syncPair(pair, credential("app_clone", "x"), call)).rejects.toMatchObject({ code: "user-collision" });
  const asRotator = { ...pair, first: rotator.username, isGranted: true };
  await expect(by.syncPair(asRotator, credential("app_clone", "x"), call)).rejects.toMatchObject({
    code: "user-collision",
  });
  expect(catalog.logins.has("app_clone")).toBe(false);
});

test("names and passwords stay within their quotes", async () => {
  expect(quoteName("a]; DROP LOGIN [b")).toBe("[a]]; DROP LOGIN [b]");
  expect(quoteText("a'; DROP LOGIN [b]; --")).toBe("N'a''; DROP LOGIN [b]; --'");
  for (const name of ["", "x".repeat(129), "\ud800"]) expect(() => quoteName(name)).toThrow(RekeyError);
  const { catalog, session } = await stage();
  const awkward = "o'br]ien [x]";
  catalog.logins.set(awkward, newLogin(awkward, "a'b"));
  await (await session(credential(awkward, "a'b"))).setPassword(credential(awkward, "c']d"), call);
  expect(opens(catalog.logins.get(awkward)?.stored ?? "", "c']d")).toBe(true);
});

test("without rights nothing is changed, and the right is named", async () => {
  const { catalog, session } = await stage();
  const own = await session(credential("app", "first"));
  const right = { code: "database-rights-missing", context: { right: "ALTER ANY LOGIN" } };
  await expect(own.setPassword(credential("other", "x"), call)).rejects.toMatchObject(right);
  await expect(own.syncPair(pair, credential("app_clone", "x"), call)).rejects.toMatchObject(right);
  await expect(
    own.rehearse({ method: "syncPair", pair, next: credential("app_clone", "x") }, call),
  ).rejects.toMatchObject(right);
  expect([...catalog.logins.keys()]).toEqual([rotator.username, "app"]);
});

test("a rehearsal reads and changes nothing; the doctor sees users and what expires", async () => {
  const { catalog, session } = await stage();
  const by = await session(admin);
  const before = JSON.stringify([...catalog.logins]);
  await by.rehearse({ method: "syncPair", pair, next: credential("app_clone", "x") }, call);
  await by.rehearse({ method: "setPassword", credential: credential("app", "x") }, call);
  expect(JSON.stringify([...catalog.logins])).toBe(before);
  await by.syncPair(pair, credential("app_clone", "x"), call);
  Object.assign(catalog.logins.get("app") ?? {}, { checksExpiration: true });
  const facts = await by.inspect(["app", "app_clone", "nobody"], call);
  expect(facts).toMatchObject({ version: "SQL Server 16.0.1000.6", isSupported: true, isReadOnly: false });
  expect([...facts.users.keys()]).toEqual(["app", "app_clone"]);
  expect(facts.users.get("app")).toMatchObject({ mayBeChanged: true, isOurAlternate: false });
  expect(facts.users.get("app")?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
  expect(facts.users.get("app_clone")).toMatchObject({ isOurAlternate: true });
});

test.each([
  ["disabled", { isDisabled: true }, "login-not-allowed"],
  ["locked after refused logins", { refused: 3, locksAfter: 3 }, "login-not-allowed"],
  ["expired", { isExpired: true }, "expired"],
])("a login that is %s is refused in its own way", async (_what, change, refusal) => {
  const { catalog, login } = await stage();
  Object.assign(catalog.logins.get("app") ?? {}, change);
  expect(await login(credential("app", "first"))).toMatchObject({ ok: false, refusal, hint: expect.any(String) });
});

test.each([
  [15_114, "account-unsupported"],
  [15_118, "account-unsupported"],
  [1_222, "database-locked"],
  [3_906, "database-read-only"],
  [18_451, "database-busy"],
  [229, "database-rights-missing"],
  [42, "database-failed"],
])("error %i of a statement is %s", (number, code) => {
  const error = statementError([{ number, state: 1, severity: 16 }], "set password");
  expect(error).toMatchObject({ code, context: { operation: "set password", number, state: 1 } });
});
