import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  DualPasswords,
  Inspection,
  Login,
  PasswordChange,
  PlannedChange,
  Rehearsal,
} from "../../ports/database-engine.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { exactName } from "./names.ts";
import { keepBoth, keepOnly, setOnly } from "./set-password.ts";
import { errorNumber, translateError } from "./translate-error.ts";

export type OracleSession = DatabaseSession & PasswordChange & DualPasswords & Inspection & Rehearsal;

type Refused = Exclude<Login<OracleSession>, { readonly ok: true }>;

const notAllowed = (hint: string): Refused => ({ ok: false, refusal: "login-not-allowed", hint });

/** Numbers of ORA errors that are answers to a credential. */
const refusals: Readonly<Record<number, Refused>> = {
  1005: { ok: false, refusal: "bad-credential" },
  1017: { ok: false, refusal: "bad-credential" },
  1045: notAllowed("GRANT CREATE SESSION TO the user"),
  28000: notAllowed(
    "the user is locked, by hand or after refused logins (FAILED_LOGIN_ATTEMPTS): ALTER USER … ACCOUNT UNLOCK",
  ),
  28001: {
    ok: false,
    refusal: "expired",
    hint: "the password is older than the profile's PASSWORD_LIFE_TIME and PASSWORD_GRACE_TIME: set it by hand, or let an admin secret do it",
  },
};

/** Reads and checks everything, and changes nothing: the server rolls back no change of a user. */
const withoutChanges = (connection: Connection): Connection => ({
  ...connection,
  change: async () => undefined,
  changePassword: async () => undefined,
});

function sessionOn(target: DatabaseTarget, connection: Connection): OracleSession {
  const logsIn = async (credential: Credential, call: CallOptions): Promise<boolean> => {
    const isOwn = exactName(credential.username) === connection.user;
    if (isOwn) return credential.password.equals(connection.password);
    const login = await oracleEngine().login(target, credential, call);
    if (login.ok) await login.session[Symbol.asyncDispose]();
    return login.ok;
  };
  const changesOn = (way: Connection): PasswordChange & DualPasswords => ({
    setPassword: async (credential, call) => setOnly(way, credential, call),
    keepBoth: async (current, next, call) => keepBoth(way, current, next, call),
    keepOnly: async (credential, call) => keepOnly(way, credential, async () => logsIn(credential, call), call),
  });

  async function rehearse(planned: PlannedChange, call: CallOptions): Promise<void> {
    const session = changesOn(withoutChanges(connection));
    if (planned.method === "setPassword") return session.setPassword(planned.credential, call);
    if (planned.method === "keepBoth") return session.keepBoth(planned.current, planned.next, call);
    if (planned.method === "keepOnly") return session.keepOnly(planned.credential, call);
  }

  return {
    ...changesOn(connection),
    rehearse,
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

const rollover = "ALTER USER … EXPIRE PASSWORD ROLLOVER PERIOD";
const read = "SELECT … FROM USER_USERS";

/**
 * Oracle: a login does not send the password, and the server proves that it knows it. A user changes its own password by a
 * message of the login, an admin by a statement. A profile may let the replaced password log in for a while.
 */
export function oracleEngine(): DatabaseEngine<OracleSession> {
  return {
    isExperimental: true,
    capabilities: { hashesPasswordOnClient: false },
    names: ["oracle", "oracle-ee", "oracle-se2"],
    defaultPort: 1521,
    defaultDatabase: "",
    maxUsernameBytes: 128,
    refusedAlike: "a user that does not exist, and a password that ended with its rollover period",
    plannedStatements: {
      setPassword: [read, "(change password)", read, rollover],
      keepBoth: [read, "(change password)", read, rollover, "(change password)"],
      keepOnly: [read, "(change password)", read, rollover],
    },
    async login(target, credential, call) {
      if (credential.password.reveal() === "") return { ok: false, refusal: "bad-credential" };
      try {
        const connection = await connect(target, credential, call);
        return { ok: true, session: guardSession(sessionOn(target, connection)) };
      } catch (error) {
        const refused = refusals[errorNumber(error) ?? 0];
        if (refused !== undefined) return refused;
        const explained = await explainPlainLogin(translateError(error, call, "log in"), target, call);
        throw explained instanceof RekeyError
          ? explained
          : new RekeyError("database-failed", { context: { operation: "log in" } });
      }
    },
  };
}
