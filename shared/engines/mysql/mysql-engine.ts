import type {
  CallOptions,
  Credential,
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
import { discardOld, findChanging, identify } from "./set-password.ts";
import { shapes } from "./statement-shapes.ts";
import { syncPair } from "./sync-pair.ts";

export type MysqlSession = DatabaseSession & PasswordChange & UserPairing & DualPasswords & Inspection;

function session(connection: Connection): MysqlSession {
  /** The password becomes the primary one; the other, if there is one, stays. */
  async function makePrimary(credential: Credential, call: CallOptions) {
    const changing = await findChanging(connection, credential.username, call);
    await identify(connection, changing, credential, call);
    return changing;
  }

  return {
    async setPassword(credential, call) {
      await oneAtATime(connection, call, async () => {
        const changing = await makePrimary(credential, call);
        // A user that may not keep two passwords may not discard one either.
        if (!changing.isOwn) await discardOld(connection, changing, call);
      });
    },
    async syncPair(pair, next, call) {
      await oneAtATime(connection, call, async () => syncPair(connection, pair, next, call));
    },
    // Whichever of the two is primary now: a second RETAIN of the next one would lose the current one.
    async keepBoth(current, next, call) {
      await oneAtATime(connection, call, async () => {
        const changing = await makePrimary(current, call);
        await identify(connection, changing, next, call, " RETAIN CURRENT PASSWORD");
      });
    },
    async keepOnly(credential, call) {
      await oneAtATime(connection, call, async () => {
        await discardOld(connection, await makePrimary(credential, call), call);
      });
    },
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** MySQL 8.0.21 and newer, RDS and Aurora included. */
export function mysqlEngine(): DatabaseEngine<MysqlSession> {
  return {
    // A user without the right to change accounts can set its own password only by the text: see `identify`.
    capabilities: { hashesPasswordOnClient: false },
    names: ["mysql", "aurora-mysql"],
    defaultPort: 3306,
    defaultDatabase: "",
    maxUsernameBytes: 32,
    shapes,
    login: logIn(session),
  };
}
