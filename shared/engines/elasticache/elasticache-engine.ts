import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  DualPasswords,
  SecretPasswords,
} from "../../ports/database-engine.ts";
import { connect } from "../redis/connection.ts";
import { isWrongPassword, translateError } from "../redis/translate-error.ts";
import { activeUser, changePasswords, type KeptUser } from "./change-passwords.ts";
import { chosenUser } from "./chosen-user.ts";
import type { ElastiCacheEngineOptions } from "./engine-options.ts";

export type ElastiCacheSession = DatabaseSession & DualPasswords;

const change = (operation: string): string =>
  `elasticache:${operation} or memorydb:${operation === "ModifyUser" ? "UpdateUser" : operation}`;
const planned = (passwords: string): readonly string[] => [
  `${change("DescribeUsers")}: until the status is active`,
  `${change("ModifyUser")}: ${passwords}`,
  `${change("DescribeUsers")}: until the status is active`,
];

/** Whether the server takes the credential; the connection is closed at once. */
async function takes(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<boolean> {
  try {
    (await connect(target, credential, call)).close();
    return true;
  } catch (error) {
    if (isWrongPassword(error)) return false;
    throw translateError(error, "log in");
  }
}

/**
 * Where a first rotation finds two passwords, one of them may be somebody else's, and a user has no third slot for it.
 * One of the secret's own there is what an earlier attempt left. Errors: `account-unsupported`.
 */
async function requireOwnSlots(
  target: DatabaseTarget,
  current: Credential,
  next: Credential,
  { earlier }: SecretPasswords,
  call: CallOptions,
): Promise<void> {
  if (await takes(target, next, call)) return;
  for (const password of await earlier()) {
    if (!password.equals(current.password) && (await takes(target, { ...next, password }, call))) return;
  }
  throw new RekeyError("account-unsupported", {
    context: { user: next.username, property: "second password" },
    hint: "the user has a second password that no version of the secret holds, and both slots are needed: take it off the user",
  });
}

/**
 * Users of ElastiCache and MemoryDB, which their services change. With a host in the secret, a credential is proved by a
 * login to the server; without one, it is taken for good while its user is active.
 */
export function elastiCacheEngine({
  users,
  isGranted,
  pollMs = 3_000,
}: ElastiCacheEngineOptions): DatabaseEngine<ElastiCacheSession> {
  function session(target: DatabaseTarget, kept: KeptUser): ElastiCacheSession {
    return {
      async keepBoth(current, next, call, own) {
        const { passwords } = await activeUser(kept, call);
        const mayBeOthers = passwords > 1 && own?.wasRotated === false && target.host !== "";
        if (mayBeOthers) await requireOwnSlots(target, current, next, own, call);
        await changePasswords(kept, [current.password, next.password], call);
      },
      async keepOnly(credential, call) {
        const { passwords } = await activeUser(kept, call);
        // A repetition after a change that took longer than its caller waited has nothing left to do.
        const isDone = passwords === 1 && (target.host === "" || (await takes(target, credential, call)));
        if (!isDone) await changePasswords(kept, [credential.password], call);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  return {
    capabilities: { hashesPasswordOnClient: false },
    names: ["elasticache", "memorydb"],
    defaultPort: 6379,
    defaultDatabase: "0",
    maxUsernameBytes: 120,
    refusedAlike: "a user that is in no user group of the cache, or in no ACL of the MemoryDB cluster",
    plannedStatements: {
      keepBoth: planned("the current and the next password"),
      keepOnly: planned("the current password"),
    },
    async login(target, credential, call) {
      const arn = chosenUser(target, credential, isGranted);
      const kept = { users, arn, username: credential.username, pollMs };
      if (target.host === "") await activeUser(kept, call);
      else if (!(await takes(target, credential, call))) return { ok: false, refusal: "bad-credential" };
      return { ok: true, session: session(target, kept) };
    },
  };
}
