import { oracleEngine } from "../../shared/engines/oracle/oracle-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  AccountProperty,
  EngineFixture,
  EngineServer,
  ServerCertificate,
} from "../../shared/testing/engine-contract/fixture.ts";
import { Database, keptName } from "./oracle/database.ts";
import { startOracle } from "./oracle/server.ts";

const admin = { username: "rotator", password: "rotator-of-the-tests" };
const rollover = "SERVICES";
/** No Oracle takes a double quote in a password. */
const kept = (password: string): string => password.replaceAll('"', "_");
const plainName = /^[a-z][a-z0-9_$#]*$/i;

const settings = (database: Database, entries: Readonly<Record<string, string>>): AccountProperty => ({
  async give(username) {
    for (const [name, value] of Object.entries(entries))
      database.user(keptName(username)).settings.set(name, value.replace("…", keptName(username)));
  },
});

function propertiesOf(database: Database): Readonly<Record<string, AccountProperty>> {
  const profile = (name: string, limits: Parameters<typeof database.profiles.set>[1]): AccountProperty => ({
    async give(username) {
      database.profiles.set(name, limits);
      database.user(keptName(username)).profile = name;
    },
  });
  return {
    "no property": { give: async () => undefined },
    "tablespaces and quotas": settings(database, {
      DEFAULT_TABLESPACE: "ORDERS",
      TEMPORARY_TABLESPACE: "TEMP2",
      QUOTA: "10M",
    }),
    "roles and proxies": settings(database, { ROLES: "CONNECT, ORDERS_READ", PROXY: "…_PROXY" }),
    "a profile of its own": profile("OWN", { rolloverDays: 1, failedLogins: 3 }),
    "a profile that forbids reuse": profile("NO_REUSE", { rolloverDays: 1, forbidsReuse: true }),
    PASSWORD_ROLLOVER_TIME: { ...profile("AT_ONCE", { rolloverDays: 0 }), refusedBy: ["dual-password"] },
    PASSWORD_VERIFY_FUNCTION: {
      ...profile("STRICT", { rolloverDays: 1, verifies: () => false }),
      refusedBy: ["single-user", "dual-password"],
    },
    "common user": {
      async give(username) {
        database.user(keptName(username)).isCommon = true;
      },
      refusedBy: ["single-user", "dual-password"],
    },
  };
}

/** A server for the engine contract, on loopback and without TLS unless there is a certificate. */
async function oracleServer(certificate?: ServerCertificate): Promise<EngineServer> {
  const database = new Database();
  database.profiles.set(rollover, { rolloverDays: 7 });
  const rotator = database.create("ROTATOR", admin.password);
  for (const right of ["ALTER USER", "SELECT_CATALOG_ROLE"]) rotator.rights.add(right);
  const { host, port, stop } = await startOracle(database, certificate);
  let profileOfNext = rollover;
  const until = (change: (isOn: boolean) => void): AsyncDisposable => {
    change(true);
    return { [Symbol.asyncDispose]: async () => change(false) };
  };
  const among = (users: Set<string>, name: string) =>
    until((isOn) => void (isOn ? users.add(name) : users.delete(name)));
  return {
    host,
    port,
    fields: { engine: "oracle", dbname: database.service, ssl: false },
    unknownDatabase: { dbname: "nope" },
    admin,
    usernameOf: (name) => (plainName.test(name) ? name : `"${name}"`),
    async createUser({ username, password }) {
      database.create(keptName(username), kept(password), profileOfNext);
      profileOfNext = rollover;
      return { password: kept(password) };
    },
    changePassword: async ({ username, password }) => database.replace(keptName(username), password),
    accepts: async ({ username, password }) => database.accepts(keptName(username), kept(password)),
    logs: async () => database.lines.join("\n"),
    failedLogins: async () => database.refusedLogins,
    hardships: {
      locked: async (username) => among(database.lockedUsers, keptName(username)),
      busy: async (username) => among(database.busyUsers, keptName(username)),
      "read-only": async () => until((isOn) => (database.isReadOnly = isOn)),
      expired: async (username) => until((isOn) => (database.user(keptName(username)).isExpired = isOn)),
    },
    accountProperties: propertiesOf(database),
    async describeAccount(username) {
      const { profile, isCommon, isLocked, settings: others, rights } = database.user(keptName(username));
      const name = keptName(username);
      return [`profile ${profile}`, `common ${isCommon}`, `locked ${isLocked}`, `rights ${[...rights].join(", ")}`]
        .concat([...others].map(([setting, value]) => `${setting} ${value.replace(name, "<user>")}`))
        .toSorted();
    },
    async lockOutAfter(refusals) {
      profileOfNext = "LOCKING";
      database.profiles.set(profileOfNext, { rolloverDays: 7, failedLogins: refusals });
    },
    stop,
  };
}

const engine = oracleEngine();

export const oracleFixture: EngineFixture = {
  name: "Oracle's protocol and a model of its users",
  engine,
  strategies: { "single-user": singleUser(engine), "dual-password": dualPassword(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "dual-password", usesAdmin: false },
    { strategy: "dual-password", usesAdmin: true },
  ],
  exemptions: [
    {
      clause: "clear-text",
      reason:
        "an admin can set another user's password only by its text (ALTER USER … IDENTIFIED BY), which Oracle's audit trail leaves out and the model's does not; what a user does itself is tested next to the engine",
    },
    {
      clause: "clear-password-asked",
      reason: "the protocol has no message by which a server asks for the password itself",
    },
  ],
  notInNames: /["\0]/g,
  start: oracleServer,
};
