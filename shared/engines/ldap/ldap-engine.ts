import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  Inspection,
  Login,
  PasswordChange,
  PlannedChange,
  Rehearsal,
  SecretPasswords,
} from "../../ports/database-engine.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { requireName } from "./account.ts";
import { type Connection, connect, type Dialect } from "./connection.ts";
import { passwordPolicyControl, type Result } from "./guard-answers.ts";
import { inspect } from "./inspect.ts";
import { rehearsing, requireRight } from "./rehearse.ts";
import { changePasswords, keeping, replacing } from "./set-passwords.ts";
import { policyErrors, resultError } from "./translate-error.ts";

export type LdapSession = DatabaseSession & PasswordChange & DualPasswords & Inspection & Rehearsal;

const change = ["search … (base) userPassword", "modify … add: userPassword {SSHA}…, delete: userPassword …"];

/** Where nobody tells of the secret's other passwords, all that are not given are somebody else's. */
const noneElse: SecretPasswords = { wasRotated: false, earlier: async () => [] };

const openLdap: Dialect = { controls: [passwordPolicyControl], resultError };

type Refused = Exclude<Login<LdapSession>, { readonly ok: true }>;

const expired = (hint: string): Refused => ({ ok: false, refusal: "expired", hint });
const notAllowed = (hint: string): Refused => ({ ok: false, refusal: "login-not-allowed", hint });

/** `undefined` for a login. Errors: those of `resultError`, for what is no answer to a credential. */
function refusalIn(result: Result): Refused | undefined {
  switch (result.code) {
    case 0:
      if (result.policy !== policyErrors.changeAfterReset) return undefined;
      return expired(
        "somebody has marked the password as one that the user must change (pwdReset), and until then it may do nothing else: delete the mark, or set pwdMustChange to FALSE in the user's policy",
      );
    case 48:
      return notAllowed("the user has no password to log in with, or the server takes none from it");
    case 49:
      if (result.policy === policyErrors.passwordExpired)
        return expired(
          "the password is older than the policy's pwdMaxAge: set it by hand, or let an admin secret do it",
        );
      if (result.policy === policyErrors.accountLocked)
        return notAllowed("a password policy has locked the user: delete its pwdAccountLockedTime");
      return { ok: false, refusal: "bad-credential" };
    case 53:
      return notAllowed("the server does not let this user in: look at its log");
    default:
      throw resultError(result, "log in");
  }
}

function sessionOn(connection: Connection): LdapSession {
  const sessionOver = (way: Connection): PasswordChange & DualPasswords => ({
    async setPassword({ username, password }, call, terms = {}) {
      const current = terms.current?.username === username ? terms.current.password : undefined;
      await changePasswords(way, username, replacing(username, password, current), call);
    },
    async keepBoth({ username, password }, next, call, own = noneElse) {
      await changePasswords(way, username, keeping(username, [password, next.password], own), call);
    },
    async keepOnly({ username, password }, call, own = noneElse) {
      await changePasswords(way, username, keeping(username, [password], own), call);
    },
  });

  async function rehearse(planned: PlannedChange, call: CallOptions): Promise<void> {
    if (planned.method === "syncPair" || planned.method === "issue") return;
    const way = await rehearsing(connection, call);
    const session = way && sessionOver(way);
    if (planned.method === "setPassword") await session?.setPassword(planned.credential, call, planned.terms);
    if (planned.method === "keepBoth") await session?.keepBoth(planned.current, planned.next, call);
    if (planned.method === "keepOnly") await session?.keepOnly(planned.credential, call);
    const { username } = planned.method === "keepBoth" ? planned.current : planned.credential;
    await requireRight(connection, username, call);
  }

  return {
    ...sessionOver(connection),
    rehearse,
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

/**
 * OpenLDAP: a user's passwords are the values of `userPassword` of its entry. To log in, the password goes to a verified
 * certificate; a password that is set goes as a hash.
 */
export function ldapEngine(): DatabaseEngine<LdapSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["ldap", "openldap"],
    defaultPort: 636,
    defaultDatabase: "",
    maxUsernameBytes: 1_024,
    refusedAlike: "a user that does not exist, and one that a password policy has locked",
    plannedStatements: { setPassword: change, keepBoth: change, keepOnly: change },
    async login(target, credential, call) {
      requireName(credential.username);
      // A name with an empty password logs in as nobody, and the server says that it went well.
      if (credential.password.reveal() === "") return { ok: false, refusal: "bad-credential" };
      const connection = await connect(target, call, openLdap);
      try {
        const refused = refusalIn(await connection.bind(credential, call));
        if (refused === undefined) return { ok: true, session: sessionOn(connection) };
        connection.close();
        return refused;
      } catch (error) {
        connection.close();
        const explained = await explainPlainLogin(error, target, call);
        throw explained instanceof RekeyError
          ? explained
          : new RekeyError("database-failed", { context: { operation: "log in" } });
      }
    },
  };
}
