import { createConnection, createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { listening } from "../../../tests/support/listening.ts";
import { Database } from "../../../tests/support/oracle/database.ts";
import { type OracleServer, startOracle } from "../../../tests/support/oracle/server.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { createAuthority } from "../../testing/engine-contract/certificates.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { oracleEngine, type OracleSession } from "./oracle-engine.ts";

const engine = oracleEngine();
const call: CallOptions = { signal: AbortSignal.timeout(60_000) };
/** The user itself, and an admin. */
const both = [
  ["app", "zero"],
  ["rotator", "rotator"],
] as const;
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

test.each([
  "",
  "app[admin]",
  "sys as sysdba",
  'a"b',
  '"a"b"',
  '""',
  "app\0",
  "ä",
  '"app"[sys]',
  `"${"x".repeat(129)}"`,
])(
  "the user name %j, which Oracle would read as another one's, is refused before anything is sent",
  async (username) => {
    await expect(loginTo(username, "ORCL")).resolves.toEqual({ code: "secret-malformed", isHeard: false });
  },
);

test.each(["", "ORCL)(HOST=evil", "a b", "ORCL)", "x".repeat(256)])(
  "the service %j, which would be more than a name in what the listener is asked for, is refused before anything is sent",
  async (dbname) => {
    await expect(loginTo("app", dbname)).resolves.toEqual({ code: "secret-malformed", isHeard: false });
  },
);

async function loginTo(username: string, dbname: string): Promise<{ code: unknown; isHeard: boolean }> {
  let isHeard = false;
  await using server = await listening(createServer(() => (isHeard = true)));
  const target = { engine: "oracle", host: "127.0.0.1", port: server.port, dbname, options: new Map() };
  const login = engine.login({ ...target, tls: { mode: "disable" } }, credential(username, "p"), call);
  const code = await login.catch((error: unknown) => Object(error)["code"]);
  return { code, isHeard };
}

describe("on the model", () => {
  const database = new Database();
  let server: OracleServer;
  let target: DatabaseTarget;

  beforeAll(async () => {
    database.profiles.set("SERVICES", { rolloverDays: 7 });
    server = await startOracle(database);
    const tls = { mode: "disable" } as const;
    const { host, port } = server;
    target = { engine: "oracle", host, port, dbname: database.service, tls, options: new Map() };
  });
  afterAll(async () => server.stop());
  beforeEach(() => {
    database.create("APP", "zero", "SERVICES");
    const rotator = database.create("ROTATOR", "rotator");
    for (const right of ["ALTER USER", "SELECT_CATALOG_ROLE"]) rotator.rights.add(right);
    database.lines.length = 0;
  });

  async function open(username: string, password: string, at = target): Promise<OracleSession> {
    const login = await engine.login(at, credential(username, password), call);
    if (!login.ok) throw new Error(login.refusal);
    onTestFinished(async () => login.session[Symbol.asyncDispose]());
    return login.session;
  }
  const taken = (...passwords: readonly string[]) => passwords.filter((one) => database.accepts("APP", one));
  const changes = () => database.lines.filter((line) => !line.startsWith("SELECT"));

  test("a user's own change sends no password as text, also without TLS, and leaves none in the log", async () => {
    const sent: Buffer[] = [];
    await using proxy = await listening(
      createServer((client) => {
        const upstream = createConnection(server.port, server.host).on("error", () => undefined);
        client.on("data", (chunk: Buffer) => sent.push(chunk)).pipe(upstream);
        upstream.pipe(client);
      }),
    );
    const session = await open("app", "zero", { ...target, port: proxy.port });
    await session.keepBoth(credential("app", "zero"), credential("app", "canary-of-next"), call);
    await session.setPassword(credential("APP", "canary-of-third"), call);
    expect(taken("zero", "canary-of-next", "canary-of-third")).toEqual(["canary-of-third"]);
    const everything = `${Buffer.concat(sent).toString("latin1")} ${database.lines.join("\n")}`;
    expect(everything).toContain("AUTH_NEWPASSWORD");
    expect(everything).not.toMatch(/zero|canary/);
  });

  test("an admin's change, which is text, goes to a server whose certificate is verified, or where the secret has no TLS", async () => {
    const authority = createAuthority("somebody's");
    await using secure = await startOracle(database, authority.issue({ names: ["another.example.com"] }));
    const at = { ...target, port: secure.port, tls: { mode: "require" } } as const;
    const unverified = await open("rotator", "rotator", at);
    await expect(unverified.setPassword(credential("app", "one"), call)).rejects.toMatchObject({ code: "tls-refused" });
    expect({ changes: changes(), taken: taken("zero", "one") }).toEqual({ changes: [], taken: ["zero"] });
    await (await open("app", "zero", at)).setPassword(credential("app", "one"), call);
    await (await open("rotator", "rotator")).setPassword(credential("app", "two"), call);
    expect(changes().slice(-2)).toEqual([
      'ALTER USER "APP" IDENTIFIED BY "two"',
      'ALTER USER "APP" EXPIRE PASSWORD ROLLOVER PERIOD',
    ]);
    expect(taken("zero", "one", "two")).toEqual(["two"]);
  });

  test.each([
    ["set last", ["former", "zero"]],
    ["kept from before", ["zero", "former"]],
  ])(
    "in a rollover whose current password is the one %s, both passwords are exactly the two wanted",
    async (_which, held) => {
      for (const [username, password] of both) {
        database.replace("APP", held[0] ?? "");
        database.changeOwn("APP", held[0] ?? "", held[1] ?? "");
        const session = await open(username, password);
        for (let times = 0; times < 2; times++) {
          await session.keepBoth(credential("app", "zero"), credential("app", "one"), call);
          expect(taken("former", "zero", "one")).toEqual(["zero", "one"]);
        }
        await session.keepOnly(credential("app", "one"), call);
        expect(taken("former", "zero", "one")).toEqual(["one"]);
        await session.keepOnly(credential("app", "one"), call);
        expect(taken("one")).toEqual(["one"]);
      }
    },
  );

  test("a password that is the only one is not set again, and an admin sets one that nobody has", async () => {
    for (const [username, password] of both) {
      await (await open(username, password)).keepOnly(credential("app", "zero"), call);
    }
    expect(changes()).toEqual([]);
    await (await open("rotator", "rotator")).keepOnly(credential("app", "lost and found"), call);
    expect(taken("zero", "lost and found")).toEqual(["lost and found"]);
  });

  test.each([
    ["PASSWORD_ROLLOVER_TIME", () => void (database.user("APP").profile = "DEFAULT")],
    ["common user", () => void (database.user("APP").isCommon = true)],
  ])("%s is named before anything is changed", async (property, give) => {
    give();
    for (const [username, password] of both) {
      const session = await open(username, password);
      const change = session.keepBoth(credential("app", "zero"), credential("app", "one"), call);
      await expect(change).rejects.toMatchObject({ code: "account-unsupported", context: { property } });
    }
    expect(changes()).toEqual([]);
  });

  test("a profile that forbids reuse is found out while the current password still logs in", async () => {
    database.profiles.set("NO_REUSE", { rolloverDays: 7, forbidsReuse: true });
    database.user("APP").profile = "NO_REUSE";
    const session = await open("app", "zero");
    await session.keepBoth(credential("app", "zero"), credential("app", "one"), call);
    const again = session.keepBoth(credential("app", "one"), credential("app", "two"), call);
    await expect(again).rejects.toMatchObject({ code: "account-unsupported", context: { property: "PASSWORD_REUSE" } });
    expect(taken("zero", "one", "two")).toEqual(["zero", "one"]);
  });

  test("a session without rights changes nobody else, and is told which right it lacks", async () => {
    const rotator = database.user("ROTATOR");
    for (const right of ["SELECT_CATALOG_ROLE", "ALTER USER"]) {
      rotator.rights.delete(right);
      const session = await open("rotator", "rotator");
      for (const username of ["app", "nobody"])
        await expect(session.setPassword(credential(username, "one"), call)).rejects.toMatchObject({
          code: "database-rights-missing",
        });
    }
    expect({ changes: changes(), taken: taken("zero") }).toEqual({ changes: [], taken: ["zero"] });
  });

  test("a quoted name is that very user, whatever it holds", async () => {
    for (const name of ["app", "o'brien", "a' OR '1'='1", "x; DROP USER y", "SYS[APP]"]) {
      database.create(name, "first");
      const own = await open(`"${name}"`, "first");
      await own.setPassword(credential(`"${name}"`, "second"), call);
      const admin = await open("rotator", "rotator");
      await admin.setPassword(credential(`"${name}"`, "third"), call);
      expect([database.accepts(name, "third"), ...taken("zero", "third")]).toEqual([true, "zero"]);
    }
  });

  test("an admin sets no password that would end its own quotes", async () => {
    const session = await open("rotator", "rotator");
    for (const password of ['x" ACCOUNT UNLOCK "', "a\0b", "x".repeat(1_025)])
      await expect(session.setPassword(credential("app", password), call)).rejects.toMatchObject({
        code: "account-unsupported",
        context: { property: "password" },
      });
    expect(changes()).toEqual([]);
  });

  test("why a login is refused", async () => {
    const refused = async (password = "zero") => engine.login(target, credential("app", password), call);
    expect(await refused("")).toEqual({ ok: false, refusal: "bad-credential" });
    expect(await refused("wrong")).toEqual({ ok: false, refusal: "bad-credential" });
    const user = database.user("APP");
    user.mayCreateSession = false;
    expect(await refused()).toMatchObject({ refusal: "login-not-allowed", hint: "GRANT CREATE SESSION TO the user" });
    user.isExpired = true;
    expect(await refused()).toMatchObject({ refusal: "expired" });
    user.isLocked = true;
    expect(await refused()).toMatchObject({ refusal: "login-not-allowed", hint: expect.stringContaining("UNLOCK") });
  });

  test("a rehearsal reads and checks as the change does, and changes nothing", async () => {
    const [zero, one] = [credential("app", "zero"), credential("app", "one")];
    for (const session of [await open("app", "zero"), await open("rotator", "rotator")]) {
      await session.rehearse({ method: "setPassword", credential: one }, call);
      await session.rehearse({ method: "keepBoth", current: zero, next: one }, call);
      await session.rehearse({ method: "keepOnly", credential: zero }, call);
      await session.rehearse({ method: "issue", current: zero }, call);
      database.user("APP").profile = "DEFAULT";
      const both = session.rehearse({ method: "keepBoth", current: zero, next: one }, call);
      await expect(both).rejects.toMatchObject({ context: { property: "PASSWORD_ROLLOVER_TIME" } });
      database.user("APP").profile = "SERVICES";
    }
    expect({ changes: changes(), taken: taken("zero", "one") }).toEqual({ changes: [], taken: ["zero"] });
  });

  test("the inspection reports the version, the role, and who has two passwords", async () => {
    const inspect = async (session: OracleSession) => {
      const { users, ...facts } = await session.inspect(["app", "rotator", "nobody"], call);
      return { ...facts, users: Object.fromEntries(users) };
    };
    const own = await open("app", "zero");
    await own.keepBoth(credential("app", "zero"), credential("app", "one"), call);
    const facts = { version: "Oracle Database 19.21.0.0.0", isSupported: true, isReadOnly: false };
    const mine = { mayBeChanged: true, isOurAlternate: false };
    expect(await inspect(own)).toEqual({ ...facts, users: { app: { ...mine, passwords: 2 } } });
    database.isReadOnly = true;
    onTestFinished(() => void (database.isReadOnly = false));
    expect(await inspect(await open("rotator", "rotator"))).toEqual({
      ...facts,
      isReadOnly: true,
      users: { app: { ...mine, passwords: 2 }, rotator: mine },
    });
  });
});
