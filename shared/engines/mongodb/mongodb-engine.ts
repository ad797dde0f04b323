import type {
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Inspection,
  LoginRefusal,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { rehearse } from "./rehearse.ts";
import { setPassword } from "./set-password.ts";
import { syncPair } from "./sync-pair.ts";
import { atlasHint, serverCode, translateError } from "./translate-error.ts";

const change = ["usersInfo … showAuthenticationRestrictions …", "updateUser … pwd … mechanisms … writeConcern …"];

/** What each method sends; a pair that is not in step yet is also sent `createUser`, or roles. */
const plannedStatements = { setPassword: change, syncPair: change };

type MongodbSession = DatabaseSession & PasswordChange & UserPairing & Inspection & Rehearsal;

/** A session whose changes are to users in this database. */
export const mongodbSession = (connection: Connection, database: string): MongodbSession => ({
  setPassword: async (credential, call) => setPassword(connection, database, credential, call),
  syncPair: async (pair, next, call) => syncPair(connection, database, pair, next, call),
  rehearse: async (change, call) => rehearse(connection, database, change, call),
  inspect: async (usernames, call) => inspect(connection, database, usernames, call),
  async [Symbol.asyncDispose]() {
    connection.close();
  },
});

/** AuthenticationFailed, also as Atlas's own error; MechanismUnavailable says that the user has no SCRAM credential. */
const refusals: Readonly<Record<number, LoginRefusal>> = {
  18: "bad-credential",
  334: "login-not-allowed",
  8000: "bad-credential",
};

/** Errors: `engine-unsupported` for MongoDB Atlas, whose servers let no session change a user. */
function requireUserCommands({ host }: DatabaseTarget): void {
  if (!/\.mongodb(?:gov)?\.net\.?$/i.test(host)) return;
  throw new RekeyError("engine-unsupported", { context: { host, reason: "MongoDB Atlas" }, hint: atlasHint });
}

/** Errors: `account-unsupported` for a user that logs in by a certificate, LDAP or Kerberos. */
function requirePasswords(user: string, source: string): void {
  if (source !== "$external") return;
  throw new RekeyError("account-unsupported", {
    context: { user, property: "$external" },
    hint: "users in $external have no password that the server keeps: rotate the certificate or the directory's password, or give the service a user in another database",
  });
}

/**
 * MongoDB and what speaks its protocol: Amazon DocumentDB, FerretDB. Users live in databases: the secret's in
 * its `authSource`, or else its `dbname`, or else `admin`. The host must be the one that takes writes.
 */
export function mongodbEngine(): DatabaseEngine<MongodbSession> {
  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["mongodb", "mongo", "docdb", "documentdb"],
    defaultPort: 27_017,
    defaultDatabase: "admin",
    /** DocumentDB's limit; MongoDB has none. */
    maxUsernameBytes: 63,
    plannedStatements,
    async login(target, credential, call) {
      const database = target.authSource ?? target.dbname;
      const source = credential.authSource ?? database;
      requireUserCommands(target);
      requirePasswords(credential.username, source);
      try {
        const connection = await connect(target, credential, source, call);
        return { ok: true, session: mongodbSession(connection, database) };
      } catch (error) {
        const refusal = refusals[serverCode(error) ?? 0];
        if (refusal !== undefined) return { ok: false, refusal };
        throw await explainPlainLogin(translateError(error, call, "log in"), target, call);
      }
    },
  };
}
