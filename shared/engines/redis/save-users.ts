import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";

/** Why a change is forgotten at the next restart. */
export type Unsaved = "no file of users" | "file of users not written";

/** Rewriting the configuration is a courtesy that a server may refuse: no file, a read-only one, or no right to it. */
const mayRefuseRewriting = ["database-failed", "database-rights-missing", "engine-unsupported"] as const;

/**
 * Makes the users outlive a restart, in the server's ACL file or else its configuration file. The change is in force by now, so
 * a server that cannot write it down is a fact to be reported; `undefined`: it is saved. Errors: `database-rights-missing` for
 * `ACL SAVE`, and those of the connection.
 */
export async function saveUsers(connection: Connection, call: CallOptions): Promise<Unsaved | undefined> {
  try {
    await connection.change(["ACL", "SAVE"], call);
    return undefined;
  } catch (error) {
    if (!isRekeyError(error, "database-failed")) throw error;
    if (error.context["reason"] === "ACL file not written") return "file of users not written";
    if (error.context["reason"] !== "no ACL file") throw error;
  }
  try {
    await connection.change(["CONFIG", "REWRITE"], call);
    return undefined;
  } catch (error) {
    if (!mayRefuseRewriting.some((code) => isRekeyError(error, code))) throw error;
    return "no file of users";
  }
}
