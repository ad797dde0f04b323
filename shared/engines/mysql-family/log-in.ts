import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, Login } from "../../ports/database-engine.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";
import { guardSession } from "../connecting/guarded-stream.ts";
import { connect, type Connection } from "./connection.ts";
import { defined } from "../../secrets/defined.ts";

/**
 * A server refuses a right password like a wrong one where the account, or the server, requires TLS. So what was refused
 * without TLS is offered once more with it, in exchanges that do not reveal it: whoever is told so offers no other version.
 * Errors: `tls-refused`.
 */
async function checkRequiredTls(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<void> {
  const encrypted: DatabaseTarget = { ...target, tls: { mode: "require" } };
  const outcome = await connect(encrypted, credential, call).catch(() => undefined);
  if (call.signal.aborted) throw timeSpent("log in");
  if (outcome === undefined || ("refusal" in outcome && outcome.refusal === "bad-credential")) return;
  if ("close" in outcome) await outcome.close();
  throw new RekeyError("tls-refused", {
    context: { operation: "log in", user: credential.username, reason: "the password is taken over TLS only" },
    hint: "the account (REQUIRE SSL) or the server (require_secure_transport) takes it only over TLS: set ssl to true in the secret",
  });
}

export const refusedAlike =
  "an account that wants a client's certificate (REQUIRE X509, SUBJECT, ISSUER), which rekey has none of, or another CIPHER, and a name for which the server has another account that is meant for the function's address";

/** `DatabaseEngine.login` for the sessions of one product. */
export const logIn =
  <Session extends object>(session: (connection: Connection) => Session) =>
  async (target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Login<Session>> => {
    const outcome = await connect(target, credential, call);
    if (!("refusal" in outcome)) return { ok: true, session: guardSession(session(outcome)) };
    const { refusal, hint, couldBeEncrypted } = outcome;
    if (refusal === "bad-credential" && couldBeEncrypted) await checkRequiredTls(target, credential, call);
    return { ok: false, refusal, ...defined({ hint }) };
  };
