import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import { inspect } from "./inspect.ts";
import { type SecurityApi, securityApiOf } from "./security-api.ts";
import { requireInternal, setPassword } from "./set-password.ts";
import { planPair } from "./sync-pair.ts";

export type OpensearchSession = DatabaseSession & PasswordChange & UserPairing & Inspection & Rehearsal;

const sends = {
  setPassword: [
    "GET internalusers/…",
    "PUT and DELETE internalusers/rekey-probe-… {hash}",
    "PATCH internalusers/… {hash}",
  ],
  syncPair: [
    "GET internalusers/… of both, GET rolesmapping",
    "PATCH rolesmapping/… {users} where the two differ",
    "PUT or PATCH internalusers/… {hash, backend_roles, attributes, opendistro_security_roles, description}",
  ],
};

function sessionOf(api: SecurityApi): OpensearchSession {
  return {
    setPassword: async (credential, call) => setPassword(api, credential, call),
    async syncPair(pair, next, call) {
      for (const change of await planPair(api, pair, next, call)) await api.change(change, call);
    },
    async rehearse(change, call) {
      if (change.method === "setPassword") await requireInternal(api, change.credential.username, call);
      else if (change.method === "syncPair") await planPair(api, change.pair, change.next, call);
    },
    inspect: async (usernames, call) => inspect(api, usernames, call),
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * OpenSearch's internal users, by the API of its security plugin. The server is sent a bcrypt hash of a password that is set;
 * to log in, the password itself goes to a verified certificate. A change empties the nodes' caches of logins.
 */
export function opensearchEngine(): DatabaseEngine<OpensearchSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["opensearch"],
    defaultPort: 9_200,
    defaultDatabase: "",
    maxUsernameBytes: 255,
    refusedAlike: "a user or an address that the server blocks for refused logins",
    plannedStatements: sends,
    async login(target, credential, call) {
      const api = securityApiOf(target, credential);
      if (await api.logsIn(call)) return { ok: true, session: sessionOf(api) };
      return { ok: false, refusal: "bad-credential" };
    },
  };
}
