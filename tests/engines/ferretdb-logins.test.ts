import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MongoClient } from "mongodb";
import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import type { Credential, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type FerretDb, ferretDb, startFerretDb } from "../support/ferretdb.ts";

const engine = mongodbEngine();
const call = { signal: new AbortController().signal };
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

describe.skipIf(ferretDb === undefined)("logging in to FerretDB", () => {
  let ferret: FerretDb;
  let target: DatabaseTarget;
  let admin: MongoClient;

  beforeAll(async () => {
    ferret = await startFerretDb(ferretDb ?? "");
    const { host, port } = ferret;
    target = { engine: "mongodb", host, port, dbname: "admin", tls: { mode: "disable" }, options: new Map() };
    admin = new MongoClient(`mongodb://${host}:${port}/`, { directConnection: true, auth: ferret.admin });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.close();
    await ferret?.stop();
  });

  const logsIn = async (at: DatabaseTarget, who: Credential): Promise<boolean> => {
    const login = await engine.login(at, who, call);
    if (login.ok) await login.session[Symbol.asyncDispose]();
    return login.ok;
  };

  test("a wrong password and an unknown user are results", async () => {
    const refused = { ok: false, refusal: "bad-credential" };
    await expect(engine.login(target, credential("admin", "wrong"), call)).resolves.toEqual(refused);
    await expect(engine.login(target, credential("nobody", "p"), call)).resolves.toEqual(refused);
  });

  test("users are looked for in authSource, or else in dbname", async () => {
    const both = credential("both", "p");
    await admin.db("shop").command({ createUser: "both", pwd: "p", roles: [] });
    expect([
      await logsIn({ ...target, dbname: "shop" }, both),
      await logsIn({ ...target, dbname: "other", authSource: "shop" }, both),
      await logsIn(target, both),
    ]).toEqual([true, true, false]);
  });

  test("an admin of its own database changes a user of another one", async () => {
    const at = { ...target, dbname: "shop" };
    const { username, password } = ferret.admin;
    const login = await engine.login(at, { ...credential(username, password), authSource: "admin" }, call);
    if (!login.ok) throw new Error(login.refusal);
    await using session = login.session;
    await session.setPassword(credential("both", "by admin"), call);
    expect(await logsIn(at, credential("both", "by admin"))).toBe(true);
  });

  test.each([["we\"ird;x'y\\z"], ["ünï cøde"], ["percent%s$1"], ["with.dot$and"], ["x".repeat(63)]])(
    "the user %s changes its own password",
    async (username) => {
      await admin.db("admin").command({ createUser: username, pwd: "before", roles: [] });
      const login = await engine.login(target, credential(username, "before"), call);
      if (!login.ok) throw new Error(login.refusal);
      await using session = login.session;
      const next = credential(username, `next-${username}'"\\%`);
      await session.setPassword(next, call);
      expect([await logsIn(target, next), await logsIn(target, credential(username, "before"))]).toEqual([true, false]);
    },
  );

  test.each([
    ["a closed port", { port: 1 }, "database-unreachable"],
    ["a server without TLS", { tls: { mode: "verify-full" } }, "tls-refused"],
  ] as const)("%s is an error", async (_what, change, code) => {
    const login = engine.login({ ...target, ...change }, credential("admin", "p"), call);
    await expect(login).rejects.toMatchObject({ code });
  });

  test("a call whose time is up opens no connection, and one whose time ends is cut", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    for (const signal of [AbortSignal.abort(), AbortSignal.timeout(100)]) {
      const login = engine.login({ ...target, port }, credential("admin", "p"), { signal });
      await expect(login).rejects.toMatchObject({ code: "time-budget-spent" });
    }
    for (const socket of sockets) socket.destroy();
    silent.close();
    expect(sockets.length).toBeLessThanOrEqual(1);
  });
});
