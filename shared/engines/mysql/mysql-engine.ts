import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  Inspection,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { ConnectionListing } from "../../ports/held-connections.ts";
import { connectionsOf } from "../mysql-family/connections-of.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { logIn, refusedAlike } from "../mysql-family/log-in.ts";
import { oneAtATime } from "../mysql-family/one-at-a-time.ts";
import { rehearse } from "../mysql-family/rehearse.ts";
import { keepBoth, keepOnly, setOnly } from "./change-passwords.ts";
import { inspect } from "./inspect.ts";
import { type Facts, product } from "./product.ts";
import { plannedStatements } from "./planned-statements.ts";
import { syncPair } from "./sync-pair.ts";

export type MysqlSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  DualPasswords &
  Inspection &
  ConnectionListing &
  OwnAccountReading &
  Rehearsal;

function session(connection: Connection): MysqlSession {
  const locked = async (call: CallOptions, work: (facts: Facts) => Promise<void>): Promise<void> =>
    oneAtATime<Facts>(connection, product, call, work);

  return {
    setPassword: async (credential, call, terms = {}) =>
      locked(call, async (facts) => setOnly(connection, facts, credential, terms, call)),
    syncPair: async (pair, next, call) =>
      locked(call, async (facts) => syncPair(connection, { facts, pair, next }, call)),
    keepBoth: async (current, next, call) =>
      locked(call, async (facts) => keepBoth(connection, facts, [current, next], call)),
    keepOnly: async (credential, call) => locked(call, async (facts) => keepOnly(connection, facts, credential, call)),
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    readOwnAccount: async () => ({ account: `${connection.account.user}@${connection.account.host}` }),
    rehearse: async (planned, call) => rehearse(connection, session, planned, call),
    connectionsOf: async (username, call) => connectionsOf(connection, username, call),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** MySQL, RDS and Aurora included. */
export function mysqlEngine(): DatabaseEngine<MysqlSession> {
  return {
    // A user without the right to change accounts can set its own password only by the text: see `setStoredPassword`.
    capabilities: { hashesPasswordOnClient: false },
    names: ["mysql", "aurora-mysql"],
    defaultPort: 3306,
    defaultDatabase: "",
    maxUsernameBytes: 32,
    refusedAlike,
    plannedStatements,
    login: logIn(session),
  };
}
