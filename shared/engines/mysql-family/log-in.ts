import type { CallOptions, Credential, DatabaseTarget, Login } from "../../rotation/ports.ts";
import { guardSession } from "../guarded-stream.ts";
import { connect, type Connection } from "./connection.ts";

/** `DatabaseEngine.login` for the sessions of one product. */
export const logIn =
  <Session extends object>(session: (connection: Connection) => Session) =>
  async (target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Login<Session>> => {
    const outcome = await connect(target, credential, call);
    return typeof outcome === "string"
      ? { ok: false, refusal: outcome }
      : { ok: true, session: guardSession(session(outcome)) };
  };
