import { Connection } from "tedious";
import { sqlserverEngine } from "../../shared/engines/sqlserver/sqlserver-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  Account,
  AccountProperty,
  EngineFixture,
  EngineServer,
  ServerCertificate,
} from "../../shared/testing/engine-contract/fixture.ts";
import { failed, loggedIn } from "./tds-answers.ts";
import { Catalog, type KeptLogin, type KeptUser, newLogin, newUser, right, stored } from "./tds-catalog.ts";
import { startTdsServer, type TdsSession } from "./tds-server.ts";
import { runBatch } from "./tds-statements.ts";

export const rotator = { username: "rotator", password: "rotator-of-the-tests-1A" };
const host = "127.0.0.1";

/** A login or a user of a database, with a session of its own on the catalog. */
function sessionOn(catalog: Catalog): TdsSession {
  let sender = { username: "", database: "" };
  return {
    login({ username, password, database }) {
      const errors = catalog.logIn(username, password, database);
      if (errors.length > 0) return failed(...errors);
      sender = { username, database: database || (catalog.logins.get(username)?.database ?? "master") };
      return loggedIn(sender.database);
    },
    batch: (sql) => runBatch(catalog, sender, sql),
    end() {
      if (catalog.lockHolder === sender) catalog.lockHolder = undefined;
    },
  };
}

/** Asked by Microsoft's documented protocol through a driver that rekey does not use, so that both understand this server. */
async function accepts(port: number, account: Account, hasTls: boolean): Promise<boolean> {
  const authentication = {
    type: "default",
    options: { userName: account.username, password: account.password },
  } as const;
  const options = { port, encrypt: hasTls, trustServerCertificate: true, connectTimeout: 5_000 };
  const connection = new Connection({ server: host, authentication, options });
  try {
    return await new Promise((resolve, reject) => {
      connection.connect((error) => {
        const code: unknown = Reflect.get(Object(error), "code");
        if (error === undefined || error === null) resolve(true);
        else if (code === "ELOGIN") resolve(false);
        else reject(error);
      });
    });
  } finally {
    connection.close();
  }
}

function propertiesOf(catalog: Catalog): Readonly<Record<string, AccountProperty>> {
  const login = (change: (kept: KeptLogin) => void, refusedBy?: AccountProperty["refusedBy"]): AccountProperty => ({
    give: async (username) => change(catalog.logins.get(username) ?? newLogin(username, "")),
    ...(refusedBy === undefined ? {} : { refusedBy }),
  });
  const user = (change: (kept: KeptUser) => void, refusedBy?: AccountProperty["refusedBy"]): AccountProperty =>
    login((kept) => {
      const made = newUser(kept.name, kept.sid);
      change(made);
      catalog.databases.get("orders")?.push(made);
    }, refusedBy);
  const pairs: AccountProperty["refusedBy"] = ["alternating-users"];
  const table = { class: "OBJECT_OR_COLUMN", schema: "sales]s", object: "order's lines" };
  return {
    "no property": login(() => undefined),
    "server role": login(({ roles }) => void roles.add("processadmin")),
    "server permission": login((kept) => void (kept.rights = [...kept.rights, right("VIEW SERVER STATE", "W")])),
    "denied server permission": login((kept) => void (kept.rights = [...kept.rights, right("VIEW ANY DATABASE", "D")])),
    "default database": login((kept) => void (kept.database = "orders")),
    "default language": login((kept) => void (kept.language = "Français")),
    "no password policy": login((kept) => void (kept.checksPolicy = false)),
    expiration: login((kept) => void (kept.checksExpiration = true)),
    "user of a database": user((kept) => void (kept.schema = "sales]s")),
    "role of a database": user(({ roles }) => void roles.add("db_datareader").add("app's role")),
    "permissions of a database": user(
      (kept) =>
        void (kept.rights = [
          ...kept.rights,
          right("CREATE TABLE", "G", { class: "DATABASE" }),
          right("SELECT", "W", { class: "SCHEMA", schema: "sales]s" }),
          right("UPDATE", "G", table),
          right("SELECT", "D", { ...table, column: "price" }),
        ]),
    ),
    credential: login((kept) => void (kept.hasCredential = true), pairs),
    "database owner": login((kept) => void (kept.ownsDatabase = true), pairs),
    "owner of server objects": login((kept) => void (kept.ownsServerObjects = true), pairs),
    "owner in a database": user((kept) => void (kept.ownsObjects = true), pairs),
    "permission on another kind of object": login(
      (kept) => void (kept.rights = [...kept.rights, right("CONTROL", "G", { class: "ENDPOINT" })]),
      pairs,
    ),
  };
}

function describe(catalog: Catalog, username: string): readonly string[] {
  const login = catalog.logins.get(username);
  if (login === undefined) return [];
  const told = ({ roles, rights }: KeptLogin | KeptUser): readonly string[] => [
    ...[...roles].map((role) => `member of ${role}`),
    ...rights.map((held) => JSON.stringify(held)),
  ];
  const {
    type,
    isDisabled,
    database,
    language,
    checksPolicy,
    checksExpiration,
    hasCredential,
    ownsDatabase,
    ownsServerObjects,
  } = login;
  const settings = {
    type,
    isDisabled,
    database,
    language,
    checksPolicy,
    checksExpiration,
    hasCredential,
    ownsDatabase,
    ownsServerObjects,
  };
  return [
    JSON.stringify(settings),
    ...told(login),
    ...catalog
      .usersOf(login.sid)
      .flatMap(([place, user]) => [
        `${place}: user ${user.name === username ? "<user>" : user.name}, ${user.schema}, ${user.ownsObjects}`,
        ...told(user).map((line) => `${place}: ${line}`),
      ]),
  ].sort();
}

/** A server of the tests with its catalog. */
export async function startSqlserver(certificate?: ServerCertificate) {
  const catalog = new Catalog();
  const admin = newLogin(rotator.username, rotator.password);
  admin.rights = [...admin.rights, right("ALTER ANY LOGIN"), right("VIEW ANY DEFINITION")];
  catalog.logins.set(admin.name, admin);
  const server = await startTdsServer(() => sessionOn(catalog), certificate === undefined ? {} : { certificate });
  return { catalog, ...server };
}

const until = (undo: () => void): AsyncDisposable => ({ [Symbol.asyncDispose]: async () => undo() });

async function serverOf(certificate?: ServerCertificate): Promise<EngineServer> {
  const { catalog, port, stop } = await startSqlserver(certificate);
  let locksAfter = Number.POSITIVE_INFINITY;
  return {
    host,
    port,
    fields: { engine: "sqlserver", ssl: false },
    admin: rotator,
    async createUser({ username, password }) {
      catalog.logins.set(username, { ...newLogin(username, password), locksAfter });
      locksAfter = Number.POSITIVE_INFINITY;
      return {};
    },
    async changePassword({ username, password }) {
      Object.assign(catalog.logins.get(username) ?? {}, { stored: stored(password) });
    },
    accepts: async (account) => {
      const { failedLogins } = catalog;
      const before = [...catalog.logins.values()].map((login) => [login, login.refused] as const);
      const isAccepted = await accepts(port, account, certificate !== undefined);
      // The judge's own refusals count for nobody.
      catalog.failedLogins = failedLogins;
      for (const [login, refused] of before) login.refused = refused;
      return isAccepted;
    },
    logs: async () => catalog.log.join("\n"),
    failedLogins: async () => catalog.failedLogins,
    hardships: {
      async locked(username) {
        catalog.locked.add(username);
        return until(() => catalog.locked.delete(username));
      },
      async busy() {
        catalog.isBusy = true;
        return until(() => void (catalog.isBusy = false));
      },
      async "read-only"() {
        catalog.isReadOnly = true;
        return until(() => void (catalog.isReadOnly = false));
      },
      async expired(username) {
        const login = catalog.logins.get(username);
        if (login !== undefined) login.isExpired = true;
        return until(() => login !== undefined && void (login.isExpired = false));
      },
    },
    accountProperties: propertiesOf(catalog),
    describeAccount: async (username) => describe(catalog, username),
    unknownDatabase: { dbname: "nowhere" },
    async lockOutAfter(refusals) {
      locksAfter = refusals;
    },
    stop,
  };
}

const engine = sqlserverEngine();

export const sqlserverFixture: EngineFixture = {
  name: "a server of the tests that speaks TDS",
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  notInNames: /\\/u,
  exemptions: [
    {
      clause: "expired",
      strategy: "alternating-users",
      reason: "a password that an admin sets is new, so it has not expired",
    },
    {
      clause: "clear-text",
      reason:
        "SQL Server is sent a new password as text, except by an admin with CONTROL SERVER; a login is the text too",
    },
    {
      clause: "tls-not-verified",
      reason: "a login shows the password, so a certificate that is not verified is refused: ssl: require",
    },
    {
      clause: "clear-password-asked",
      reason: "every login shows the password; it goes to a verified certificate, or where the secret says ssl: false",
    },
  ],
  start: serverOf,
};
