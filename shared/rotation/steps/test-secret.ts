import type { StepOutcome } from "../../ports/rotation.ts";
import { readCurrent } from "../read-current.ts";
import { isSameLogin, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import { type ComparedRotation, comparePending } from "../compare-pending.ts";
import { targetsOf } from "../database-targets.ts";
import { logsInEverywhere, setEverywhere } from "../every-host.ts";
import type { Invocation } from "../invocation.ts";
import { noteRecovery } from "../recovery.ts";
import { findPending } from "./check-request.ts";
import { rollBack } from "./roll-back.ts";

/** Proves that AWSPENDING logs in; a rotation that changes the password at finishSecret proves it there. */
export const testSecret = async (invocation: Invocation): Promise<StepOutcome> =>
  invocation.progress.kind?.changesAtFinish === true ? "done" : proveLogin(invocation);

/**
 * Logs in with AWSPENDING, once compared with AWSCURRENT; rolls the rotation back when it is refused. Where the password is
 * changed at finishSecret, that step sets it first, and testSecret has nothing to prove yet. `already-done`: the version is
 * current.
 */
export async function proveLogin(invocation: Invocation): Promise<StepOutcome> {
  const { store, engine, request, progress, call } = invocation;
  const found = await findPending(invocation);
  if (found === undefined) return "already-done";
  const { facts, value } = found;
  const compare = async (): Promise<ComparedRotation> => {
    const current = await readCurrent(store, request.secretId, call);
    return comparePending(invocation, facts, { current: current.value, pending: value }, call);
  };
  let compared: ComparedRotation | undefined;
  if (progress.kind?.changesAtFinish !== false) {
    compared = await compare();
    const { rotation, versions } = compared;
    progress.kind = rotation.kind;
    if (rotation.kind.changesAtFinish && !isSameLogin(versions.current, versions.pending)) {
      if (request.step !== "finishSecret") return "done";
      await setEverywhere(engine, rotation, versions, async () => noteRecovery(invocation));
    }
  }
  const pending = parseDatabaseSecret(value);
  const hosts = targetsOf(invocation, pending, facts).map((target) => ({ target, call }));
  if (!(await logsInEverywhere(engine, pending, hosts))) await rollBack(invocation, compared ?? (await compare()));
  progress.loggedIn = true;
  return "done";
}
