import type {
  CallOptions,
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  PasswordChange,
  UserPairing,
} from "../../rotation/ports.ts";
import { guardSession } from "../guarded-stream.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { inTransaction, setPassword } from "./set-password.ts";
import { shapes } from "./statement-shapes.ts";
import { syncPair } from "./sync-pair.ts";
import { transaction } from "./transaction.ts";

export type PostgresSession = DatabaseSession & PasswordChange & UserPairing & Inspection;

function session(connection: Connection): PostgresSession {
  return {
    async setPassword(credential, call) {
      await inTransaction(connection, call, async () => setPassword(connection, credential, call));
    },
    async syncPair(pair, next, call) {
      await inTransaction(connection, call, async () => {
        await syncPair(connection, pair, next.username, call);
        await setPassword(connection, next, call);
      });
    },
    inspect: async (usernames, call) =>
      transaction(connection, [], call, async () => inspect(connection, usernames, call)),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** PostgreSQL 13 and newer, RDS and Aurora included. */
export function postgresEngine(): DatabaseEngine<PostgresSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["postgres", "aurora-postgresql", "postgresql"],
    defaultPort: 5432,
    defaultDatabase: "postgres",
    maxUsernameBytes: 63,
    shapes,
    async login(target, credential, call: CallOptions) {
      const outcome = await connect(target, credential, call);
      return typeof outcome === "string"
        ? { ok: false, refusal: outcome }
        : { ok: true, session: guardSession(session(outcome)) };
    },
  };
}
