import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  DualPasswords,
  Inspection,
  Rehearsal,
  SecretPasswords,
} from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { type Connection, connect } from "./connection.ts";
import { inspect } from "./inspect.ts";
import { requireAllPrimaries, requirePrimary } from "./nodes.ts";
import { rehearse } from "./rehearse.ts";
import { saveUsers, type Unsaved } from "./save-users.ts";
import { setPasswords } from "./set-passwords.ts";
import { isWrongPassword, translateError } from "./translate-error.ts";

export type RedisSession = DatabaseSession & DualPasswords & Inspection & Rehearsal;

const change = ["ACL GETUSER …", "ACL SETUSER … !… #… #…", "ACL SAVE"];

const unsavedHints: Readonly<Record<Unsaved, string>> = {
  "no file of users":
    "the server keeps its users in memory only and forgets this password at its next restart: give it an aclfile, or a configuration file that it may rewrite",
  "file of users not written":
    "the server cannot write its aclfile and forgets this password at its next restart: put it in a folder that the server may write to, with room on its disk",
};

/** A change that a restart of the server undoes: it has no file for it that it can write. */
export interface UnsavedChange {
  readonly code: "change-until-restart";
  readonly host: string;
  readonly user: string;
  readonly hint: string;
}

export interface RedisEngineOptions {
  /** Told of each change that the server could not save. */
  readonly report: (unsaved: UnsavedChange) => void;
}

/** Where nobody tells of the secret's other passwords, the one before the current one is taken for it. */
const noneElse: SecretPasswords = { wasRotated: true, earlier: async () => [] };

/** The secret's `dbname`: a number, 0 unless given. */
function databaseNumber({ dbname }: DatabaseTarget): string {
  if (/^\d{1,5}$/.test(dbname)) return dbname;
  throw new RekeyError("secret-malformed", { context: { field: "dbname", problem: "not a database number" } });
}

/** Redis and Valkey. Each node keeps its own users, so a cluster's nodes are all named in the secret's `hosts`. */
export function redisEngine({ report }: RedisEngineOptions): DatabaseEngine<RedisSession> {
  function session(connection: Connection, about: unknown, target: DatabaseTarget, self: string): RedisSession {
    const { host } = target;
    const isCluster = memberAt(about, "mode") === "cluster";
    const requireNodes = async (call: CallOptions): Promise<void> => {
      if (isCluster) await requireAllPrimaries(connection, target, call);
    };
    const changeTo = async (
      user: string,
      passwords: readonly SecretValue[],
      own: SecretPasswords | undefined,
      call: CallOptions,
    ): Promise<void> => {
      await setPasswords(connection, user, passwords, own ?? noneElse, call);
      const unsaved = await saveUsers(connection, call);
      if (unsaved !== undefined) report({ code: "change-until-restart", host, user, hint: unsavedHints[unsaved] });
    };
    return {
      async keepBoth(current, next, call, own) {
        await requireNodes(call);
        await changeTo(current.username, [current.password, next.password], own, call);
      },
      keepOnly: async ({ username, password }, call, own) => changeTo(username, [password], own, call),
      async rehearse(planned, call) {
        if (planned.method === "keepBoth") await requireNodes(call);
        await rehearse(connection, self, planned, call);
      },
      inspect: async (usernames, call) => inspect(connection, self, usernames, call),
      async [Symbol.asyncDispose]() {
        connection.close();
      },
    };
  }

  return {
    capabilities: { hashesPasswordOnClient: true },
    names: ["redis", "valkey"],
    defaultPort: 6379,
    defaultDatabase: "0",
    maxUsernameBytes: 1_024,
    plannedStatements: { keepBoth: change, keepOnly: change },
    async login(target, credential, call) {
      const database = databaseNumber(target);
      let connection: Connection;
      try {
        connection = await connect(target, credential, call);
      } catch (error) {
        if (isWrongPassword(error)) return { ok: false, refusal: "bad-credential" };
        throw translateError(error, "log in");
      }
      try {
        const about = await connection.run(["HELLO", "3"], call);
        requirePrimary(about, target);
        if (Number(database) !== 0) await connection.change(["SELECT", database], call);
        return { ok: true, session: session(connection, about, target, credential.username) };
      } catch (error) {
        connection.close();
        throw error;
      }
    },
  };
}
