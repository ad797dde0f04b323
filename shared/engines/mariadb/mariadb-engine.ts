import type { CallOptions } from "../../ports/call.ts";
import type {
  ChangeTerms,
  Credential,
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
import { inspect } from "./inspect.ts";
import { type Facts, product } from "./product.ts";
import { changePasswords } from "./set-password.ts";
import { plannedStatements } from "./planned-statements.ts";
import { syncPair } from "./sync-pair.ts";

export type MariadbSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  DualPasswords &
  Inspection &
  ConnectionListing &
  OwnAccountReading &
  Rehearsal;

function session(connection: Connection): MariadbSession {
  const change = async (
    credentials: readonly [Credential, ...Credential[]],
    terms: ChangeTerms,
    call: CallOptions,
  ): Promise<void> =>
    oneAtATime<Facts>(connection, product, call, async (facts) =>
      changePasswords(connection, { facts, credentials, terms }, call),
    );

  return {
    setPassword: async (credential, call, terms = {}) => change([credential], terms, call),
    keepBoth: async (current, next, call) => change([current, next], { current }, call),
    keepOnly: async (credential, call) => change([credential], { current: credential }, call),
    async syncPair(pair, next, call) {
      await oneAtATime<Facts>(connection, product, call, async (facts) =>
        syncPair(connection, { facts, pair, next }, call),
      );
    },
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    readOwnAccount: async () => ({ account: `${connection.account.user}@${connection.account.host}` }),
    rehearse: async (planned, call) => rehearse(connection, session, planned, call),
    connectionsOf: async (username, call) => connectionsOf(connection, username, call),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** MariaDB, RDS included. */
export function mariadbEngine(): DatabaseEngine<MariadbSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["mariadb"],
    defaultPort: 3306,
    defaultDatabase: "",
    maxUsernameBytes: 80,
    refusedAlike,
    plannedStatements,
    login: logIn(session),
  };
}
