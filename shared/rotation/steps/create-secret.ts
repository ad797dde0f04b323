import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions, RotationRequest, StepOutcome } from "../ports.ts";
import { rotationOf } from "../rotation-context.ts";
import { admit } from "./admit.ts";
import { stop } from "./stop.ts";
import { load, readCurrent, readPending } from "./versions.ts";

/**
 * Gives AWSPENDING its value. It is written without looking first: a version that has a value refuses another, and then
 * the one that an earlier run wrote is checked and kept.
 */
export async function createSecret(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<StepOutcome> {
  const admission = await admit(deps, request, call);
  if (admission.state === "current") return "already-done";
  if (admission.state === "stopped") return stop(deps, request, admission, call);
  const { remembered } = admission;
  const current = (await readCurrent(deps, request.secretId, call)).value;
  const { policy } = remembered.facts;
  const { strategy } = rotationOf(deps, current, remembered.facts, call);
  try {
    await deps.store.putPending(request, strategy.next(current, policy, deps.generatePassword(policy.password)), call);
    return "done";
  } catch (error) {
    if (!isRekeyError(error, "version-conflict")) throw error;
  }
  const pending = await readPending(deps, request, call);
  if (pending === undefined) throw new RekeyError("version-conflict", { context: { version: request.versionId } });
  load(deps, remembered, { current, pending }, call);
  return "already-done";
}
