import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  LoginRefusal,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { hashTag } from "../postgres/password-hash.ts";
import { transaction, type TransactionEnd } from "../postgres/transaction.ts";
import { sqlState, stringField } from "../postgres/translate-error.ts";
import { inspect, looking } from "./inspect.ts";
import { setPassword } from "./set-password.ts";
import { markGroup } from "./pair-state.ts";
import { plannedStatements } from "./planned-statements.ts";
import { syncPair } from "./sync-pair.ts";

type RedshiftSession = DatabaseSession & PasswordChange & UserPairing & Inspection & OwnAccountReading & Rehearsal;

/** The one form that drivers know and that rekey writes. Errors: `option-invalid` where the tag asks for another. */
function passwordHash(options: ReadonlyMap<string, string>): string {
  const wanted = options.get(hashTag);
  if (wanted === undefined || wanted === "md5") return "md5";
  throw new RekeyError("option-invalid", {
    context: { option: hashTag },
    hint: "on Redshift it can only be md5: remove the tag",
  });
}

/** Redshift has neither lock_timeout nor advisory locks: of two changes of one user at once, one fails. */
const changing = [...looking, "SET LOCAL datestyle = 'ISO, MDY'", "SET LOCAL statement_timeout = 10000"];
const hint =
  "another user is changed by a superuser or with the system privilege ALTER USER, and a pair by a superuser alone";
const concurrentChange = new Set(["40001", "XX000"]);

export function redshiftSession(connection: Connection): RedshiftSession {
  /** The changes are idempotent, so the one that lost to another is made once more. */
  async function inTransaction(call: CallOptions, work: () => Promise<void>, end?: TransactionEnd): Promise<void> {
    try {
      await transaction(connection, changing, call, work, end);
    } catch (error) {
      if (isRekeyError(error, "database-rights-missing"))
        throw new RekeyError(error.code, { context: error.context, hint });
      if (!isRekeyError(error) || !concurrentChange.has(String(error.context["sqlstate"]))) throw error;
      await transaction(connection, changing, call, work, end);
    }
  }

  return {
    async setPassword(credential, call) {
      await inTransaction(call, async () => setPassword(connection, credential, call));
    },
    async syncPair(pair, next, call) {
      await inTransaction(call, async () => syncPair(connection, pair, next, call));
    },
    async rehearse(planned, call) {
      const work = async (): Promise<void> => {
        if (planned.method === "setPassword") await setPassword(connection, planned.credential, call);
        if (planned.method === "syncPair") await syncPair(connection, planned.pair, planned.next, call);
      };
      await inTransaction(call, work, "ROLLBACK");
    },
    readOwnAccount: async () => ({ passwordHash: "md5" }),
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
    plannedStatements,
    passwordHash,
    async login(target, credential, call) {
      const outcome = await connect(target, credential, call, { failureOf: refusalOf });
      if (typeof outcome === "string") return { ok: false, refusal: outcome };
      return { ok: true, session: guardSession(redshiftSession(outcome)) };
    },
  };
}
