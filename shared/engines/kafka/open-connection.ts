import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { type Connection, connect } from "./connection.ts";
import { logIn, type Refused } from "./log-in.ts";

/** A connection on which the credential has logged in, or why the broker refuses it. Errors: those of `connect` and `logIn`. */
export async function openConnection(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
): Promise<{ readonly ok: true; readonly connection: Connection } | Refused> {
  const connection = await connect(target, call);
  try {
    const refused = await logIn(connection, credential, call);
    if (refused === undefined) return { ok: true, connection };
    connection.close();
    return refused;
  } catch (error) {
    connection.close();
    const explained = await explainPlainLogin(error, target, call);
    if (explained instanceof RekeyError) throw explained;
    throw new RekeyError("database-failed", { context: { operation: "log in" } });
  }
}
