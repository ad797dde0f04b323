import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

/** Rewriting the configuration is a courtesy that a server may refuse: no file, a read-only one, or no right to it. */
const mayRefuseRewriting = ["database-failed", "database-rights-missing", "engine-unsupported"] as const;

/**
 * Makes the users outlive a restart, in the server's ACL file or else its configuration file. False: the server has
 * neither. Errors: those of `ACL SAVE`, since a server with an ACL file is meant to keep its users.
 */
export async function saveUsers(connection: Connection, call: CallOptions): Promise<boolean> {
  try {
    await connection.change(["ACL", "SAVE"], call);
    return true;
  } catch (error) {
    if (!isRekeyError(error, "database-failed") || error.context["reason"] !== "no ACL file") throw error;
  }
  try {
    await connection.change(["CONFIG", "REWRITE"], call);
    return true;
  } catch (error) {
    if (!mayRefuseRewriting.some((code) => isRekeyError(error, code))) throw error;
    return false;
  }
}
