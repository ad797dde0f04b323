import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { ConnectionListing } from "../../ports/held-connections.ts";
import { tagsIn } from "./account.ts";
import { connectionsOf } from "./connections-of.ts";
import { inspect } from "./inspect.ts";
import { type Change, type Management, managementOf, reasonOf } from "./management.ts";
import { planPassword } from "./set-password.ts";
import { planPair } from "./sync-pair.ts";

export type RabbitmqSession = DatabaseSession &
  PasswordChange &
  UserPairing &
  Inspection &
  ConnectionListing &
  Rehearsal;

/** Of a user whose password is right, and that may not use the API. */
const noTag = "Not management user";

const loopbackOnly =
  "the broker lets this user in from its own machine alone (loopback_users): make another user for services";

const sends = {
  setPassword: ["GET users/…", "PUT users/… {password_hash, hashing_algorithm, tags}"],
  syncPair: [
    "GET users/…, permissions, topic-permissions and user-limits of both",
    "PUT or DELETE permissions/…, topic-permissions/…, user-limits/… where the two differ",
    "PUT users/… {password_hash, hashing_algorithm, tags}",
  ],
};

/**
 * RabbitMQ and Amazon MQ for RabbitMQ, by the management API. The server is sent a salted hash of a password that is set; to log
 * in, the password itself goes to a verified certificate. Open connections of a user whose password is changed live on.
 */
export function rabbitmqEngine(): DatabaseEngine<RabbitmqSession> {
  function sessionOf(management: Management, isAdministrator: boolean): RabbitmqSession {
    const requireAdministrator = (): void => {
      if (isAdministrator) return;
      throw new RekeyError("database-rights-missing", {
        context: { right: "tag administrator" },
        hint: "on RabbitMQ only a user with the tag administrator may change a password: name an admin secret in masterarn",
      });
    };
    const carryOut = async (changes: readonly Change[], call: CallOptions): Promise<void> => {
      for (const change of changes) await management.change(change, call);
    };
    return {
      async setPassword(credential, call) {
        requireAdministrator();
        await carryOut([await planPassword(management, credential, call)], call);
      },
      async syncPair(pair, next, call) {
        requireAdministrator();
        await carryOut(await planPair(management, pair, next, call), call);
      },
      async rehearse(change, call) {
        if (change.method === "setPassword") {
          requireAdministrator();
          await planPassword(management, change.credential, call);
        } else if (change.method === "syncPair") {
          requireAdministrator();
          await planPair(management, change.pair, change.next, call);
        }
      },
      inspect: async (usernames, call) => inspect(management, isAdministrator, usernames, call),
      connectionsOf: async (username, call) => connectionsOf(management, username, call),
      async [Symbol.asyncDispose]() {},
    };
  }

  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["rabbitmq"],
    defaultPort: 5_671,
    defaultDatabase: "/",
    maxUsernameBytes: 255,
    plannedStatements: sends,
    async login(target, credential, call) {
      const management = managementOf(target, credential);
      const answer = await management.whoAmI(call);
      if (answer.status === 200) {
        const isAdministrator = tagsIn(memberAt(answer.body, "tags"))?.includes("administrator") === true;
        return { ok: true, session: sessionOf(management, isAdministrator) };
      }
      const reason = reasonOf(answer);
      if (reason === noTag) return { ok: true, session: sessionOf(management, false) };
      if (reason === "User can only log in via localhost") {
        return { ok: false, refusal: "login-not-allowed", hint: loopbackOnly };
      }
      return { ok: false, refusal: "bad-credential" };
    },
  };
}
