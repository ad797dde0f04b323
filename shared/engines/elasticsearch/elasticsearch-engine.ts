import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { requireNative } from "./account.ts";
import { inspect } from "./inspect.ts";
import { type Identity, type SecurityApi, securityApiOf } from "./security-api.ts";
import { requireChangeable, setPassword } from "./set-password.ts";
import { planPair } from "./sync-pair.ts";

export type ElasticsearchSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  Inspection &
  OwnAccountReading &
  Rehearsal;

const sends = {
  setPassword: ["POST _security/user/_password {password_hash}, or GET _security/user/… and POST …/_password"],
  syncPair: [
    "GET _security/user/…,… of both",
    "PUT _security/user/… {roles, full_name, email, metadata, enabled} where the two differ",
    "POST _security/user/…/_password {password_hash}",
  ],
};

function sessionOf(api: SecurityApi, own: Identity): ElasticsearchSession {
  return {
    setPassword: async (credential, call) => setPassword(api, own, credential, call),
    async syncPair(pair, next, call) {
      for (const change of await planPair(api, pair, next, call)) await api.change(change, call);
    },
    async rehearse(change, call) {
      if (change.method === "setPassword") await requireChangeable(api, own, change.credential.username, call);
      else if (change.method === "syncPair") await planPair(api, change.pair, change.next, call);
    },
    inspect: async (usernames, call) => inspect(api, own, usernames, call),
    /** Another realm may have a user of the same name, which the pair's changes would not reach. */
    async readOwnAccount() {
      requireNative(own);
      return {};
    },
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * Elasticsearch's native users, by its security API. It never ran on a real one: its contract is kept on a server of the tests.
 * The server is sent a bcrypt hash of a password that is set; to log in, the password itself goes to a verified certificate.
 */
export function elasticsearchEngine(): DatabaseEngine<ElasticsearchSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    isExperimental: true,
    names: ["elasticsearch"],
    defaultPort: 9_200,
    defaultDatabase: "",
    maxUsernameBytes: 507,
    refusedAlike: "a disabled user, and every native user while the index of the users is not available",
    plannedStatements: sends,
    async login(target, credential, call) {
      const api = securityApiOf(target, credential);
      const own = await api.whoAmI(call);
      return own === undefined ? { ok: false, refusal: "bad-credential" } : { ok: true, session: sessionOf(api, own) };
    },
  };
}
