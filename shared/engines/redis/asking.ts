import type { CallOptions } from "../../ports/call.ts";
import { optional } from "../optional.ts";
import type { Account } from "./account.ts";
import { mayRun, type RuledCommand } from "./command-rights.ts";
import type { Connection } from "./connection.ts";

/** Asks where the user of the session may, so that the server's log of refusals stays empty; `undefined` otherwise. */
export type Ask = (command: RuledCommand, ...more: readonly string[]) => Promise<unknown>;

export const askingAs =
  (own: Account | undefined, connection: Connection, call: CallOptions): Ask =>
  async (command, ...more) =>
    own !== undefined && mayRun(own, command)
      ? optional(connection.run([...command.toUpperCase().split("|"), ...more], call))
      : undefined;
