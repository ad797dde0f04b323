import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential, DatabaseTarget, Login, LoginRefusal } from "../../rotation/ports.ts";
import { connect, type Connection } from "./connection.ts";
import { errorNumber, translateError } from "./translate-error.ts";

const refusalByNumber: Readonly<Record<number, LoginRefusal>> = {
  1045: "bad-credential",
  1130: "login-not-allowed",
  1698: "login-not-allowed",
  1820: "expired",
  1862: "expired",
  3118: "login-not-allowed",
  3955: "login-not-allowed",
  4150: "login-not-allowed",
  4151: "login-not-allowed",
};

/** A session on a new connection; a refused credential is a result. */
export async function logIn<Session>(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
  session: (connection: Connection) => Session,
): Promise<Login<Session>> {
  try {
    return { ok: true, session: session(await connect(target, credential, call)) };
  } catch (error) {
    const refusal = refusalByNumber[errorNumber(error) ?? 0];
    if (refusal !== undefined && !isRekeyError(error, "time-budget-spent")) return { ok: false, refusal };
    throw translateError(error, call, "log in");
  }
}
