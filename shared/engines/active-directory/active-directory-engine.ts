import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Inspection,
  Login,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { type Connection, connect } from "../ldap/connection.ts";
import { isOwn, readDirectory, requireUser } from "./directory.ts";
import { inspect } from "./inspect.ts";
import { alternateName, parseName } from "./names.ts";
import { rehearsePassword, requireSame, type Session, setPassword } from "./set-password.ts";
import { rehearsePair, syncPair } from "./sync-pair.ts";
import { activeDirectory, refusalIn } from "./translate-error.ts";

export type ActiveDirectorySession = DatabaseSession &
  PasswordChange &
  UserPairing &
  OwnAccountReading &
  Inspection &
  Rehearsal;

const look = "search … (sub) (&(objectClass=user)(sAMAccountName=…)), or by userPrincipalName or distinguished name";
const sends = {
  setPassword: [look, "modify … delete: unicodePwd …, add: unicodePwd …; by an admin: replace: unicodePwd …"],
  syncPair: [
    `${look}, of both`,
    "add CN=…, where the alternate user is missing",
    "modify … add or delete: member …, of each group that only one of the two is in",
    "modify … replace: …, each property that differs",
    "modify … replace: unicodePwd …",
  ],
};

/**
 * Active Directory, and Samba as a domain controller: a user's password is written to `unicodePwd`. The password goes to a
 * verified certificate, as text, since the server takes no hash.
 */
export function activeDirectoryEngine(): DatabaseEngine<ActiveDirectorySession> {
  async function bound(
    target: DatabaseTarget,
    credential: Credential,
    call: CallOptions,
  ): Promise<Connection | Refused> {
    const connection = await connect(target, call, activeDirectory);
    try {
      const refused = refusalIn(await connection.bind(credential, call));
      if (refused === undefined) return connection;
      connection.close();
      return { ok: false, ...refused };
    } catch (error) {
      connection.close();
      throw await explainPlainLogin(error, target, call);
    }
  }

  function sessionOn(connection: Connection, target: DatabaseTarget, login: Credential): ActiveDirectorySession {
    let known: Promise<Session> | undefined;
    const logsIn: Session["logsIn"] = async (credential, call) => {
      const other = await bound(target, credential, call);
      if ("ok" in other) return false;
      other.close();
      return true;
    };
    const session = async (call: CallOptions): Promise<Session> =>
      (known ??= readDirectory(connection, call).then((directory) => ({ connection, directory, login, logsIn })));
    return guardSession({
      setPassword: async (credential, call, terms) => setPassword(await session(call), credential, call, terms),
      syncPair: async (pair, next, call) => syncPair(await session(call), pair, next, call),
      async readOwnAccount(call) {
        const { directory } = await session(call);
        const user = await requireUser(connection, directory, login.username, call);
        if (!isOwn(directory, user)) requireSame(user, login.username, "");
        return { account: user.sid.toString("hex") };
      },
      async rehearse(change, call) {
        if (change.method === "setPassword") {
          await rehearsePassword(await session(call), change.credential, call, change.terms);
        } else if (change.method === "syncPair") {
          await rehearsePair(await session(call), change.pair, change.next, call);
        }
      },
      inspect: async (usernames, call) => inspect(connection, (await session(call)).directory, usernames, call),
      async [Symbol.asyncDispose]() {
        connection.close();
      },
    });
  }

  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["active-directory", "activedirectory"],
    defaultPort: 636,
    defaultDatabase: "",
    maxUsernameBytes: 1_024,
    alternateName,
    refusedAlike: "a user that does not exist",
    plannedStatements: sends,
    async login(target, credential, call) {
      parseName(credential.username);
      // A name with an empty password logs in as nobody, and the server says that it went well.
      if (credential.password.reveal() === "") return { ok: false, refusal: "bad-credential" };
      const connection = await bound(target, credential, call);
      return "ok" in connection ? connection : { ok: true, session: sessionOn(connection, target, credential) };
    },
  };
}

type Refused = Exclude<Login<ActiveDirectorySession>, { readonly ok: true }>;
