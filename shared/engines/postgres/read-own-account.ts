import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { OwnAccount } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { refuseScramOnly } from "./host-rules.ts";
import { changingTransaction } from "./neutral-session.ts";
import type { PasswordHash } from "./password-hash.ts";
import type { ServerRole } from "./pooler.ts";
import { readAccounts } from "./account.ts";
import { defined } from "../../secrets/defined.ts";

/**
 * What only a session of the user itself can tell: how its login was asked for, which is by the form of password that the server
 * has. Errors: `database-read-only` on a standby; `option-invalid` where md5 is wanted and the user's host rule does not take it.
 */
export async function readOwnAccount(
  connection: Connection,
  user: string,
  { isStandby }: ServerRole,
  wanted: PasswordHash | undefined,
  call: CallOptions,
): Promise<OwnAccount> {
  if (isStandby) throw new RekeyError("database-read-only", { context: { user } });
  if (wanted === "md5" && connection.passwordHash === "scram-sha-256") {
    await changingTransaction(connection, call, "ROLLBACK", async () => {
      const { session } = await readAccounts(connection, [user], call);
      // Before there was a way to ask, it is left to an admin who may read pg_hba.conf.
      if (session.version >= 160_000) await refuseScramOnly(connection, user, session, call);
    });
  }
  return defined({ passwordHash: connection.passwordHash });
}
