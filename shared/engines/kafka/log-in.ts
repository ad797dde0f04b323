import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, Login } from "../../ports/database-engine.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import type { Api, Connection } from "./connection.ts";
import { mechanismOf } from "./mechanisms.ts";
import { type ScramLogin, scramLogin } from "./scram-login.ts";
import { errors, requireNone } from "./translate-error.ts";
import { bytes, string } from "./wire.ts";

const operation = "log in";

const handshake: Api<{ readonly error: number; readonly offered: readonly string[] }> = {
  operation,
  key: 17,
  version: 1,
  read: (answer) => ({ error: answer.int16(), offered: answer.array(answer.string) }),
};

const authenticate: Api<{ readonly error: number; readonly said: string }> = {
  operation,
  key: 36,
  version: 1,
  read(answer) {
    const error = answer.int16();
    answer.nullableString();
    const said = answer.bytes().toString("utf8");
    // The session's lifetime, which is longer than a step.
    answer.float64();
    return { error, said };
  },
};

export type Refused = Exclude<Login<AsyncDisposable>, { readonly ok: true }>;

const misbehaved = (problem: string): RekeyError =>
  new RekeyError("server-misbehaved", { context: { operation, problem } });

async function answerTo(scram: ScramLogin, challenge: string): Promise<string> {
  try {
    return await scram.last(challenge);
  } catch (error) {
    throw misbehaved(error instanceof ServerMisbehaved ? error.problem : "unreadable");
  }
}

/**
 * Logs in by SCRAM, and by nothing else that a broker may offer: the password is never sent. `undefined` for a login. Errors:
 * those of `Connection`, `server-misbehaved` for a broker that does not know the password itself.
 */
export async function logIn(
  connection: Connection,
  credential: Credential,
  call: CallOptions,
): Promise<Refused | undefined> {
  const { name } = mechanismOf(credential);
  const { error } = await connection.ask(handshake, [string(name)], call);
  if (error === errors.unsupportedMechanism) {
    const hint = `the listener does not offer ${name}: enable it (sasl.enabled.mechanisms), or write the mechanism that it offers in the secret's sasl_mechanism`;
    return { ok: false, refusal: "login-not-allowed", hint };
  }
  requireNone(error, operation);
  const scram = scramLogin(credential);
  const challenge = await connection.ask(authenticate, [bytes(Buffer.from(scram.first, "utf8"))], call);
  if (challenge.error === errors.authenticationFailed) return { ok: false, refusal: "bad-credential" };
  requireNone(challenge.error, operation);
  const proof = await answerTo(scram, challenge.said);
  const last = await connection.ask(authenticate, [bytes(Buffer.from(proof, "utf8"))], call);
  if (last.error === errors.authenticationFailed) return { ok: false, refusal: "bad-credential" };
  requireNone(last.error, operation);
  if (!scram.isProven(last.said)) throw misbehaved("a server that does not know the password");
  return undefined;
}
