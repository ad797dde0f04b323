import { isRekeyError } from "../../errors/rekey-error.ts";
import type {
  CallOptions,
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  LoginRefusal,
  PasswordChange,
  UserPairing,
} from "../../rotation/ports.ts";
import { guardSession } from "../guarded-stream.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { transaction } from "../postgres/transaction.ts";
import { sqlState, stringField } from "../postgres/translate-error.ts";
import { inspect } from "./inspect.ts";
import { setPassword } from "./md5-password.ts";
import { markGroup } from "./pair-state.ts";
import { shapes } from "./statement-shapes.ts";
import { syncPair } from "./sync-pair.ts";

type RedshiftSession = DatabaseSession & PasswordChange & UserPairing & Inspection;

/** Redshift has neither lock_timeout nor advisory locks: of two changes of one user at once, one fails. */
const limits = ["SET LOCAL statement_timeout = 10000"];
const concurrentChange = new Set(["40001", "XX000"]);

/** The changes are idempotent, so the one that lost to another is made once more. */
async function inTransaction(connection: Connection, call: CallOptions, work: () => Promise<void>): Promise<void> {
  try {
    await transaction(connection, limits, call, work);
  } catch (error) {
    if (!isRekeyError(error) || !concurrentChange.has(String(error.context["sqlstate"]))) throw error;
    await transaction(connection, limits, call, work);
  }
}

export function redshiftSession(connection: Connection): RedshiftSession {
  return {
    async setPassword(credential, call) {
      await inTransaction(connection, call, async () => setPassword(connection, credential, call));
    },
    async syncPair(pair, next, call) {
      await inTransaction(connection, call, async () => syncPair(connection, pair, next, call));
    },
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** PostgreSQL 8 has no 28P01: every refusal of a login is 28000, and only the text tells a wrong password. */
function refusalOf(error: unknown): LoginRefusal | undefined {
  const state = sqlState(error);
  if (state !== "28000" && state !== "28P01") return undefined;
  return stringField(error, "message")?.startsWith("password authentication failed") === true
    ? "bad-credential"
    : "login-not-allowed";
}

/**
 * Amazon Redshift, by the PostgreSQL 8 dialect that it documents; it was tested on its statements and, as far as PostgreSQL
 * takes them, on PostgreSQL 18, never on a Redshift server.
 */
export function redshiftEngine(): DatabaseEngine<RedshiftSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["redshift"],
    defaultPort: 5439,
    defaultDatabase: "dev",
    /** Of Redshift's 127, what the name of the mark leaves. */
    maxUsernameBytes: 127 - markGroup("").length,
    shapes,
    async login(target, credential, call) {
      const outcome = await connect(target, credential, call, { failureOf: refusalOf });
      if (typeof outcome === "string") return { ok: false, refusal: outcome };
      return { ok: true, session: guardSession(redshiftSession(outcome)) };
    },
  };
}
