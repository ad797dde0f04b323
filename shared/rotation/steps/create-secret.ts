import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest, StepOutcome } from "../../ports/rotation.ts";
import { rotationOf } from "../rotation-context.ts";
import type { Remembered } from "../rotation-memory.ts";
import { admit } from "./check-request.ts";
import { stop } from "./stop.ts";
import { load, readCurrent, readPending } from "./versions.ts";

/** Checks the value that an earlier run wrote; `undefined` when there is none. Errors: those of `load`. */
async function keepWritten(
  deps: RotationDependencies,
  request: RotationRequest,
  remembered: Remembered,
  current: SecretValue,
  call: CallOptions,
): Promise<StepOutcome | undefined> {
  const pending = await readPending(deps, request, call);
  if (pending === undefined) return undefined;
  load(deps, remembered, { current, pending }, call);
  return "already-done";
}

/**
 * Gives AWSPENDING its value. It is written without looking first: a version that has a value refuses another, and then
 * the one that an earlier run wrote is checked and kept. Only where making a value changes the server is it looked for
 * first.
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
  const { strategy, hosts } = rotationOf(deps, current, remembered.facts, call);
  if (strategy.nextChangesServer) {
    const written = await keepWritten(deps, request, remembered, current, call);
    if (written !== undefined) return written;
  }
  const newPassword = (): SecretValue => deps.generatePassword(remembered.facts.policy.password);
  try {
    await deps.store.putPending(request, await strategy.next(current, hosts[0], newPassword), call);
    return "done";
  } catch (error) {
    if (!isRekeyError(error, "version-conflict")) throw error;
  }
  const written = await keepWritten(deps, request, remembered, current, call);
  if (written === undefined) throw new RekeyError("version-conflict", { context: { version: request.versionId } });
  return written;
}
