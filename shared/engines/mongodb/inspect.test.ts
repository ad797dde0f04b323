import { expect, test } from "vitest";
import { ferretDb, startFerretDb } from "../../../tests/support/ferretdb.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { mongodbEngine, mongodbSession } from "./mongodb-engine.ts";
import { scripted } from "./test-connection.ts";

const call = { signal: new AbortController().signal };
const pair = { first: "app", alternate: "app_clone", isGranted: false };
const clone = { username: "app_clone", password: new SecretValue("canary") };
const self = [{ user: "app", db: "shop" }];
const app = { users: [{ user: "app" }] };
const alternate = { users: [{ user: "app_clone", customData: { rekeyAlternateOf: "app" } }] };

const facts = async (resource: object, actions: string[], answers: (object | number)[], writable = true) => {
  const privileges = [{ resource, actions }];
  const status = { authInfo: { authenticatedUsers: self, authenticatedUserPrivileges: privileges } };
  const head = [{ version: "7.0.1" }, { isWritablePrimary: writable }, status];
  const { connection } = scripted([...head, ...answers]);
  return mongodbSession(connection, "shop").inspect(["app", "app_clone"], call);
};

test.each([
  ["an admin of the database", { db: "shop", collection: "" }, ["changePassword"], [true, true]],
  ["an admin of every database", { db: "", collection: "" }, ["changePassword"], [true, true]],
  ["an admin of another database", { db: "other", collection: "" }, ["changePassword"], [false, false]],
  ["a user that may change itself", { db: "shop", collection: "" }, ["changeOwnPassword"], [true, false]],
])("%s", async (_who, resource, actions, [own = false, other = false]) => {
  expect(await facts(resource, actions, [app, alternate])).toEqual({
    version: "MongoDB 7.0.1",
    isSupported: true,
    isReadOnly: false,
    users: new Map([
      ["app", { mayBeChanged: own, isOurAlternate: false }],
      ["app_clone", { mayBeChanged: other, isOurAlternate: true }],
    ]),
  });
});

test("a secondary is read-only, and a user that may not be read is left out", async () => {
  const seen = await facts({ anyResource: true }, ["changePassword"], [app, 13], false);
  expect([seen.isReadOnly, [...seen.users.keys()]]).toEqual([true, ["app"]]);
});

test("a server that answers nothing is no error", async () => {
  const { connection } = scripted([13, 59, 59, 59]);
  const seen = await mongodbSession(connection, "shop").inspect(["app"], call);
  expect(seen).toMatchObject({ isReadOnly: false, users: new Map() });
});

test.each([["setPassword"], ["syncPair"]] as const)(
  "what a plan says of %s is what a session sends",
  async (method) => {
    const mechanisms = ["SCRAM-SHA-256"];
    const found = [...app.users, ...alternate.users].map((user) => ({ ...user, mechanisms }));
    const users = method === "setPassword" ? found.slice(1) : found;
    const { connection, commands } = scripted([{ users }, {}]);
    const session = mongodbSession(connection, "shop");
    await (method === "setPassword" ? session.setPassword(clone, call) : session.syncPair(pair, clone, call));
    const sent = commands.map((command) =>
      Object.keys(command)
        .map((key) => `${key} …`)
        .join(" "),
    );
    expect(sent).toEqual(mongodbEngine().plannedStatements?.[method]);
  },
);

test.skipIf(ferretDb === undefined)("FerretDB is inspected without an error", async () => {
  const ferret = await startFerretDb(ferretDb ?? "");
  try {
    const { host, port, admin } = ferret;
    const target = { engine: "mongodb", host, port, dbname: "admin", options: new Map<string, string>() };
    const who = { username: admin.username, password: new SecretValue(admin.password) };
    const login = await mongodbEngine().login({ ...target, tls: { mode: "disable" } }, who, call);
    if (!login.ok) throw new Error(login.refusal);
    await using session = login.session;
    expect(await session.inspect(["admin"], call)).toMatchObject({ isSupported: true, isReadOnly: false });
  } finally {
    await ferret.stop();
  }
});
