import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { PlannedChange } from "../../ports/database-engine.ts";
import { mongodbSession } from "./mongodb-engine.ts";
import { scripted } from "./test-connection.ts";

const call = { signal: new AbortController().signal };
const as = (username: string) => ({ username, password: new SecretValue("next") });
const pair = { first: "app", alternate: "app_clone", isGranted: false };
const setPassword: PlannedChange = { method: "setPassword", credential: as("app") };
const syncPair: PlannedChange = { method: "syncPair", pair, next: as("app_clone") };
const app = { user: "app", roles: [{ role: "read", db: "stock" }], mechanisms: ["SCRAM-SHA-256"] };
const clone = { user: "app_clone", customData: { rekeyAlternateOf: "app" }, mechanisms: ["SCRAM-SHA-256"] };

const on = (db: string, ...actions: readonly string[]) => ({ resource: { db, collection: "" }, actions });
const rightsOf = (user: string, ...privileges: readonly object[]) => ({
  authInfo: { authenticatedUsers: [{ user, db: "shop" }], authenticatedUserPrivileges: privileges },
});

async function rehearsed(change: PlannedChange, answers: readonly (object | number)[]) {
  const { connection, commands } = scripted(answers);
  const run: typeof connection.run = async (operation, database, command, options) =>
    "buildInfo" in command ? { version: "8.0.4" } : connection.run(operation, database, command, options);
  const outcome = await mongodbSession({ ...connection, run }, "shop")
    .rehearse(change, call)
    .catch((error: unknown) => error);
  const changes = commands.filter((command) => "updateUser" in command || "createUser" in command);
  return { outcome, changes };
}

test.each([
  ["itself", setPassword, [app], rightsOf("app", on("shop", "changeOwnPassword"))],
  ["another, as its admin", setPassword, [app], rightsOf("root", on("", "changePassword"))],
  ["where the server does not say rights", setPassword, [app], { authInfo: {} }],
  ["a pair", syncPair, [app], rightsOf("root", on("shop", "createUser"), on("stock", "grantRole"))],
  [
    "a pair in step",
    syncPair,
    [
      { ...app, roles: [] },
      { ...clone, roles: [] },
    ],
    rightsOf("root", on("shop", "changePassword")),
  ],
])("a session that may change %s is told so, and nothing is changed", async (_what, change, users, rights) => {
  expect(await rehearsed(change, [{ users }, rights])).toEqual({ outcome: undefined, changes: [] });
});

test.each([
  ["changePassword", "shop", setPassword, [app], rightsOf("app", on("shop", "find"))],
  ["changePassword", "shop", setPassword, [app], rightsOf("root", on("other", "changePassword"))],
  ["createUser", "shop", syncPair, [app], rightsOf("root", on("stock", "grantRole"))],
  ["grantRole", "stock", syncPair, [app], rightsOf("root", on("shop", "createUser", "grantRole"))],
  ["revokeRole", "(every)", syncPair, [app, clone], rightsOf("root", on("shop", "changePassword", "revokeRole"))],
  [
    "setAuthenticationRestriction",
    "shop",
    syncPair,
    [{ ...app, roles: [], authenticationRestrictions: [{ clientSource: ["10.0.0.0/8"] }] }],
    rightsOf("root", on("shop", "createUser")),
  ],
  [
    "changeCustomData",
    "shop",
    syncPair,
    [
      { ...app, roles: [], customData: { team: "a" } },
      { ...clone, roles: [] },
    ],
    rightsOf("root", on("shop", "changePassword")),
  ],
])("the right %s on %s that a step would lack is named before", async (action, database, change, users, rights) => {
  const { outcome, changes } = await rehearsed(change, [{ users }, rights]);
  expect(outcome).toMatchObject({ code: "database-rights-missing", context: { action, database } });
  expect(changes).toEqual([]);
});

test.each([
  ["account-unsupported", setPassword, { users: [{ ...app, mechanisms: ["external"] }] }],
  ["credential-refused", setPassword, { users: [] }],
  ["user-collision", syncPair, { users: [app, { user: "app_clone" }] }],
  ["database-rights-missing", syncPair, 13],
] as const)("%s of a step is that of its rehearsal", async (code, change, users) => {
  const { outcome } = await rehearsed(change, [users, rightsOf("root", on("", "changePassword", "createUser"))]);
  expect(outcome).toMatchObject({ code });
});
