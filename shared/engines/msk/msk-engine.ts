import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  Login,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { Refused } from "../kafka/log-in.ts";
import { openConnection } from "../kafka/open-connection.ts";
import type { MskEngineOptions } from "./engine-options.ts";
import { givePassword, untilTaken } from "./give-password.ts";
import { idleUsersSecret } from "./user-secrets.ts";

export type MskSession = DatabaseSession & UserPairing;

const mechanism = "SCRAM-SHA-512";
const serverless = /\.kafka-serverless\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\.?$/i;

/** Errors: `engine-unsupported`, `secret-malformed`. */
function refuseOthers({ host, secretName = "" }: DatabaseTarget, { saslMechanism = mechanism }: Credential): void {
  if (secretName.startsWith("AmazonMSK_")) {
    throw new RekeyError("engine-unsupported", {
      context: { problem: "a secret that MSK reads" },
      hint: "its AWSCURRENT is what MSK takes, so nothing can be proven before it moves: rotate the secret that the services read, which has another name, and grant it this one (template parameter MskSecretGrants)",
    });
  }
  if (serverless.test(host)) {
    throw new RekeyError("engine-unsupported", {
      context: { problem: "MSK Serverless" },
      hint: "MSK Serverless has no passwords: its clients log in with IAM, and there is nothing to rotate",
    });
  }
  if (saslMechanism === mechanism) return;
  throw new RekeyError("secret-malformed", {
    context: { field: "sasl_mechanism", problem: "not what MSK logs in by" },
    hint: `MSK has ${mechanism} alone: write that as sasl_mechanism, or leave the member out`,
  });
}

/** Whether the broker lets the credential in; the connection is closed at once. */
async function enter(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<"in" | Refused> {
  const opened = await openConnection(target, credential, call);
  if (!opened.ok) return opened;
  opened.connection.close();
  return "in";
}

/**
 * Amazon MSK, which reads the password of each user from a secret of its own, some time after that has it. Of two users the one
 * that is not in use gets the next password there, and is logged in with before the services' secret moves.
 */
export function mskEngine({
  secrets,
  secretsOf,
  pollMs = 5_000,
  takenWithinMs = 900_000,
}: MskEngineOptions): DatabaseEngine<MskSession> {
  const sessionOf = (target: DatabaseTarget, inUse: Credential): MskSession => ({
    async syncPair(_pair, next, call) {
      const { secretName = "" } = target;
      const granted = { arns: secretsOf(secretName), secretName };
      const idle = await idleUsersSecret(secrets, granted, { inUse, next }, call);
      const since = await givePassword(secrets, idle, next, call);
      const logsIn = async (): Promise<boolean> => (await enter(target, next, call)) === "in";
      await untilTaken(logsIn, idle, since, { pollMs, takenWithinMs }, call);
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["msk"],
    defaultPort: 9_096,
    defaultDatabase: "",
    maxUsernameBytes: 255,
    pairsWithoutAdmin: true,
    refusedAlike:
      "a user whose AmazonMSK_… secret is not associated with the cluster, or has a password that MSK has not taken yet",
    plannedStatements: {
      syncPair: [
        "GetSecretValue AWSCURRENT of the AmazonMSK_… secrets granted to this secret",
        "PutSecretValue AWSCURRENT of the one of the user that is not in use (write)",
        "a login as that user, again until MSK has taken the password",
      ],
    },
    async login(target, credential, call): Promise<Login<MskSession>> {
      refuseOthers(target, credential);
      const entered = await enter(target, credential, call);
      return entered === "in" ? { ok: true, session: sessionOf(target, credential) } : entered;
    },
  };
}
