import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential, DatabaseEngine, DatabaseSession } from "../ports.ts";
import type { StrategyContext } from "./strategy.ts";

/**
 * A session, or `undefined` for a wrong password. Any other refusal (an expired user, one that may not log in, a host
 * rule) is the same for every password of that user, so no further one is offered. Errors: `credential-refused`.
 */
export async function openSession<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  credential: Credential,
  { target, call }: StrategyContext,
): Promise<Session | undefined> {
  const login = await engine.login(target, credential, call);
  if (login.ok) return login.session;
  if (login.refusal === "bad-credential") return undefined;
  throw new RekeyError("credential-refused", { context: { user: credential.username, refusal: login.refusal } });
}

/** Whether the credential logs in now. */
export async function logsIn(
  engine: DatabaseEngine,
  credential: Credential,
  context: StrategyContext,
): Promise<boolean> {
  await using session = await openSession(engine, credential, context);
  return session !== undefined;
}
