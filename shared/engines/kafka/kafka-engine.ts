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
  SecretPasswords,
  ServerFacts,
  UserFacts,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { readHeld } from "./credentials.ts";
import { mechanismOf, otherMechanism } from "./mechanisms.ts";
import { refuseMsk } from "./msk.ts";
import { openConnection } from "./open-connection.ts";
import { clusterRights, readRights, requireRights } from "./rights.ts";
import { keepBoth, keepOnly, type Probe, setPassword } from "./set-passwords.ts";
import { markOf, planPair, syncPair } from "./sync-pair.ts";

export type KafkaSession = DatabaseSession & PasswordChange & UserPairing & DualPasswords & Inspection & Rehearsal;

const give = "AlterUserScramCredentials … {mechanism, iterations, salt, salted password}";
const look = "DescribeUserScramCredentials …";

const sends = {
  setPassword: [look, give],
  keepBoth: [look, give],
  keepOnly: [look, give, "AlterUserScramCredentials … delete the other mechanism's"],
  syncPair: [
    "DescribeUserScramCredentials, DescribeAcls and DescribeClientQuotas of both",
    "AlterClientQuotas, CreateAcls, DeleteAcls where the two differ",
    give,
  ],
};

/** Where nobody tells of the secret's other passwords, all that are not given are somebody else's. */
const noneElse: SecretPasswords = { wasRotated: false, earlier: async () => [] };
const forPasswords = ["Describe", "Alter"] as const;
const forPairs = [...forPasswords, "DescribeConfigs", "AlterConfigs"] as const;

async function inspect(connection: Connection, usernames: readonly string[], call: CallOptions): Promise<ServerFacts> {
  const has = await clusterRights(connection, call);
  const users = new Map<string, UserFacts>();
  const [first = ""] = usernames;
  for (const user of usernames) {
    const held = has("Describe") ? await readHeld(connection, user, call) : undefined;
    if (held?.size === 0) continue;
    const mayRead = has("Describe") && has("DescribeConfigs") && user !== first;
    const quotas = mayRead ? (await readRights(connection, user, call)).quotas : [];
    const isOurAlternate = quotas.some(({ client }) => client === markOf({ first }).client);
    users.set(user, { mayBeChanged: has("Alter"), isOurAlternate });
  }
  return { version: "Kafka", isSupported: true, isReadOnly: false, users };
}

async function rehearse(connection: Connection, planned: PlannedChange, call: CallOptions): Promise<void> {
  if (planned.method === "issue") return;
  await requireRights(connection, planned.method === "syncPair" ? forPairs : forPasswords, call);
  if (planned.method === "syncPair") await planPair(connection, planned.pair, planned.next, call);
}

function sessionOn(connection: Connection, logsIn: Probe): KafkaSession {
  return {
    async setPassword(credential, call) {
      await requireRights(connection, forPasswords, call);
      await setPassword(connection, credential, call);
    },
    async syncPair(pair, next, call) {
      await requireRights(connection, forPairs, call);
      await syncPair(connection, pair, next, call);
    },
    async keepBoth(current, next, call, own = noneElse) {
      await requireRights(connection, forPasswords, call);
      await keepBoth(connection, current, next, own, logsIn, call);
    },
    async keepOnly(credential, call, own = noneElse) {
      await requireRights(connection, forPasswords, call);
      await keepOnly(connection, credential, own, logsIn, call);
    },
    rehearse: async (planned, call) => rehearse(connection, planned, call),
    inspect: async (usernames, call) => inspect(connection, usernames, call),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

async function login(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Login<KafkaSession>> {
  refuseMsk(target);
  mechanismOf(credential);
  const opened = await openConnection(target, credential, call);
  if (!opened.ok) return opened;
  const logsIn: Probe = async (other, options) => {
    const found = await login(target, other, options);
    if (found.ok) await found.session[Symbol.asyncDispose]();
    return found.ok;
  };
  return { ok: true, session: sessionOn(opened.connection, logsIn) };
}

/**
 * Kafka, whose users log in by SCRAM. A password is never sent: neither to log in, where the broker must show that it knows
 * it as well, nor when it is set. Open connections of a user whose password is changed live on.
 */
export function kafkaEngine(): DatabaseEngine<KafkaSession> {
  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["kafka"],
    defaultPort: 9_093,
    defaultDatabase: "",
    maxUsernameBytes: 255,
    refusedAlike: "a user that does not exist, and one that has no password for the secret's sasl_mechanism",
    plannedStatements: sends,
    dualMechanism: (current) => otherMechanism(mechanismOf(current)).name,
    login,
  };
}
