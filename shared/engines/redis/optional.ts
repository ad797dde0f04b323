import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { Account } from "./account.ts";
import { mayRun, type RuledCommand } from "./command-rights.ts";
import type { Connection } from "./connection.ts";

const refusals = ["database-rights-missing", "database-failed", "engine-unsupported"] as const;

/** The answer, or `undefined` where this session may not ask or the server does not know the command. */
export async function optional<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (refusals.some((code) => isRekeyError(error, code))) return undefined;
    throw error;
  }
}

/** Asks where the user of the session may, so that the server's log of refusals stays empty; `undefined` otherwise. */
export type Ask = (command: RuledCommand, ...more: readonly string[]) => Promise<unknown>;

export const askingAs =
  (own: Account | undefined, connection: Connection, call: CallOptions): Ask =>
  async (command, ...more) =>
    own !== undefined && mayRun(own, command)
      ? optional(connection.run([...command.toUpperCase().split("|"), ...more], call))
      : undefined;
