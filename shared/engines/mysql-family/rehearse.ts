import type { CallOptions } from "../../ports/call.ts";
import type {
  DatabaseSession,
  DualPasswords,
  PasswordChange,
  PlannedChange,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";

type Changing = DatabaseSession & PasswordChange & UserPairing & DualPasswords;

/** The same connection, on which everything is read and checked, and no account changed. */
const withoutChanges = (connection: Connection): Connection => ({
  ...connection,
  change: async (_operation, _sql, _call, foretell) => foretell?.(),
});

/** Runs the session's own method on a connection that changes nothing: the servers roll back no change of an account. */
export async function rehearse(
  connection: Connection,
  sessionOn: (connection: Connection) => Changing,
  change: PlannedChange,
  call: CallOptions,
): Promise<void> {
  const session = sessionOn(withoutChanges(connection));
  switch (change.method) {
    case "setPassword":
      return session.setPassword(change.credential, call, change.terms);
    case "keepBoth":
      return session.keepBoth(change.current, change.next, call);
    case "keepOnly":
      return session.keepOnly(change.credential, call);
    case "syncPair":
      return session.syncPair(change.pair, change.next, call);
    case "issue":
      // These servers make no credentials.
      return undefined;
  }
}
