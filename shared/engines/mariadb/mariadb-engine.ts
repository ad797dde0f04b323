import type {
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  Inspection,
  PasswordChange,
  UserPairing,
} from "../../rotation/ports.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { logIn } from "../mysql-family/log-in.ts";
import { oneAtATime } from "../mysql-family/one-at-a-time.ts";
import { inspect } from "./inspect.ts";
import { findChanging, identify, setPassword } from "./set-password.ts";
import { shapes } from "./statement-shapes.ts";
import { syncPair } from "./sync-pair.ts";

export type MariadbSession = DatabaseSession & PasswordChange & UserPairing & DualPasswords & Inspection;

function session(connection: Connection): MariadbSession {
  return {
    async setPassword(credential, call) {
      await oneAtATime(connection, call, async () => setPassword(connection, credential, call));
    },
    async syncPair(pair, next, call) {
      await oneAtATime(connection, call, async () => syncPair(connection, pair, next, call));
    },
    async keepBoth(current, next, call) {
      await oneAtATime(connection, call, async () => {
        await identify(connection, await findChanging(connection, current.username, call), [current, next], call);
      });
    },
    async keepOnly(credential, call) {
      await oneAtATime(connection, call, async () => setPassword(connection, credential, call));
    },
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** MariaDB 10.5 and newer, RDS included. */
export function mariadbEngine(): DatabaseEngine<MariadbSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["mariadb"],
    defaultPort: 3306,
    defaultDatabase: "",
    maxUsernameBytes: 80,
    shapes,
    login: logIn(session),
  };
}
