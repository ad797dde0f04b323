import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { planPassword, setPassword } from "./set-password.ts";
import { lock, planPair } from "./sync-pair.ts";
import { refusalIn } from "./translate-error.ts";

export type SqlserverSession = DatabaseSession & PasswordChange & UserPairing & Inspection & Rehearsal;

const sends = {
  setPassword: [
    "SELECT … rights of the session",
    "ALTER LOGIN … WITH PASSWORD = … OLD_PASSWORD = …, or USER in place of LOGIN",
  ],
  syncPair: [
    "EXEC sp_getapplock N'rekey'",
    "SELECT … both logins, and their users in each database",
    "CREATE LOGIN … SID = …, or ALTER LOGIN … where the settings differ",
    "ALTER SERVER ROLE …, GRANT …, DENY …, REVOKE … where the two differ",
    "USE …; CREATE USER …, ALTER ROLE …, GRANT …, DENY …, REVOKE … where the two differ",
    "ALTER LOGIN … WITH PASSWORD = …",
  ],
};

function sessionOn(connection: Connection, own: Credential): SqlserverSession {
  return {
    async setPassword(credential, call) {
      await setPassword(connection, own, credential, call);
    },
    async syncPair(pair, next, call) {
      await connection.run("lock", lock, call);
      for (const { operation, statement } of await planPair(connection, pair, next, call))
        await connection.run(operation, statement, call);
    },
    async rehearse(change, call) {
      if (change.method === "setPassword") await planPassword(connection, own, change.credential, call);
      if (change.method === "syncPair") await planPair(connection, change.pair, change.next, call);
    },
    inspect: async (usernames, call) => inspect(connection, own.username, usernames, call),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

/**
 * SQL Server, by logins and contained users with a password. It never ran on a real one: its contract is kept on a server of the
 * tests. A login shows the server the password, so it goes to a verified certificate alone.
 */
export function sqlserverEngine(): DatabaseEngine<SqlserverSession> {
  return {
    capabilities: { hashesPasswordOnClient: false },
    isExperimental: true,
    names: ["sqlserver"],
    defaultPort: 1_433,
    defaultDatabase: "master",
    maxUsernameBytes: 128,
    refusedAlike: "a user that does not exist, and every login while the server takes logins of Windows only",
    plannedStatements: sends,
    async login(target, credential, call) {
      const connected = await connect(target, credential, call);
      if ("query" in connected) return { ok: true, session: guardSession(sessionOn(connected, credential)) };
      return { ok: false, ...refusalIn(connected) };
    },
  };
}
