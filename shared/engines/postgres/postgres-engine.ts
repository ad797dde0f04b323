import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Inspection,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { ConnectionListing } from "../../ports/held-connections.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { type Connection, connect } from "./connection.ts";
import { connectionsOf } from "./connections-of.ts";
import { inspect } from "./inspect.ts";
import { changingTransaction, looking } from "./neutral-session.ts";
import { type PasswordHash, passwordHash, wantedHash } from "./password-hash.ts";
import { checkPooler, explainRefusedPooler } from "./pooler.ts";
import { readOwnAccount } from "./read-own-account.ts";
import { setPassword } from "./set-password.ts";
import { plannedStatements } from "./planned-statements.ts";
import { syncPair } from "./sync-pair.ts";
import { transaction, type TransactionEnd } from "./transaction.ts";

export type PostgresSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  Inspection &
  ConnectionListing &
  OwnAccountReading &
  Rehearsal;

/** `own`: the credential that logged in. `wanted`: the form of password that the secret's tag asks for. */
function session(
  connection: Connection,
  target: DatabaseTarget,
  own: Credential,
  wanted: PasswordHash | undefined,
): PostgresSession {
  const user = own.username;
  const change =
    (end: TransactionEnd): PasswordChange["setPassword"] =>
    async (credential, call, terms) => {
      const isOwn = credential.username === user;
      if (isOwn) await checkPooler(connection, target, own, call);
      const known = isOwn ? connection.passwordHash : passwordHash(terms?.own?.passwordHash);
      const hashTerms = { wanted, known, of: credential.username };
      await changingTransaction(connection, call, end, async () =>
        setPassword(connection, credential, hashTerms, call),
      );
    };
  const sync =
    (end: TransactionEnd): UserPairing["syncPair"] =>
    async (pair, next, call) =>
      changingTransaction(connection, call, end, async () => syncPair(connection, pair, next, wanted, call));

  return {
    setPassword: change("COMMIT"),
    syncPair: sync("COMMIT"),
    async rehearse(planned, call) {
      if (planned.method === "setPassword") return change("ROLLBACK")(planned.credential, call, planned.terms);
      if (planned.method === "syncPair") return sync("ROLLBACK")(planned.pair, planned.next, call);
    },
    async readOwnAccount(call) {
      const server = await checkPooler(connection, target, own, call);
      return readOwnAccount(connection, user, server, wanted, call);
    },
    inspect: async (usernames, call) =>
      transaction(connection, looking, call, async () => inspect(connection, usernames, call)),
    connectionsOf: async (username, call) =>
      transaction(connection, looking, call, async () => connectionsOf(connection, username, call)),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** PostgreSQL, RDS and Aurora included. */
export function postgresEngine(): DatabaseEngine<PostgresSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["postgres", "aurora-postgresql", "postgresql"],
    defaultPort: 5432,
    defaultDatabase: "postgres",
    maxUsernameBytes: 63,
    plannedStatements,
    passwordHash: wantedHash,
    async login(target, credential: Credential, call: CallOptions) {
      const wanted = wantedHash(target.options);
      let outcome: Awaited<ReturnType<typeof connect>>;
      try {
        outcome = await connect(target, credential, call);
      } catch (error) {
        throw await explainRefusedPooler(error, target, credential, call);
      }
      return typeof outcome === "string"
        ? { ok: false, refusal: outcome }
        : { ok: true, session: guardSession(session(outcome, target, credential, wanted)) };
    },
  };
}
