import type {
  CallOptions,
  ChangeTerms,
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Inspection,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../rotation/ports.ts";
import { guardSession } from "../guarded-stream.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { checkPooler, explainRefusedPooler } from "./pooler.ts";
import { inTransaction, setPassword } from "./set-password.ts";
import { shapes } from "./statement-shapes.ts";
import { syncPair } from "./sync-pair.ts";
import { transaction } from "./transaction.ts";

export type PostgresSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  Inspection &
  OwnAccountReading &
  Rehearsal;

function session(connection: Connection, target: DatabaseTarget, user: Credential): PostgresSession {
  const checkOwn = async (terms: ChangeTerms | undefined, call: CallOptions): Promise<void> => {
    if (terms?.current?.username === user.username) await checkPooler(connection, target, user, call);
  };
  return {
    async setPassword(credential, call, terms) {
      await checkOwn(terms, call);
      await inTransaction(connection, call, async () => setPassword(connection, credential, call));
    },
    async syncPair(pair, next, call) {
      await inTransaction(connection, call, async () => {
        await syncPair(connection, pair, next.username, call);
        await setPassword(connection, next, call);
      });
    },
    async readOwnAccount(call) {
      await checkPooler(connection, target, user, call);
      return {};
    },
    async rehearse(change, call) {
      if (change.method === "setPassword") await checkOwn(change.terms, call);
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
      let outcome;
      try {
        outcome = await connect(target, credential, call);
      } catch (error) {
        throw await explainRefusedPooler(error, target, credential, call);
      }
      return typeof outcome === "string"
        ? { ok: false, refusal: outcome }
        : { ok: true, session: guardSession(session(outcome, target, credential)) };
    },
  };
}
