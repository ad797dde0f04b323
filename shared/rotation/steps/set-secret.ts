import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions, RotationRequest, StepOutcome } from "../ports.ts";
import { findPending } from "./find-pending.ts";
import { load, readCurrent } from "./versions.ts";

/**
 * Makes the database take AWSPENDING's credential. Where that replaced the current one, the label is read once more: if it
 * was taken away meanwhile, no labelled version would log in, so the database is put back.
 */
export async function setSecret(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<StepOutcome> {
  const found = await findPending(deps, request, call);
  if (found === undefined) return "already-done";
  const current = await readCurrent(deps, request.secretId, call);
  if (current.versionId === request.versionId) return "already-done";
  const { rotation, pending } = load(deps, found.remembered, { current: current.value, pending: found.value }, call);
  await rotation.strategy.set({ current: rotation.current, pending }, rotation.context);
  const replacedCurrent = pending.username === rotation.current.username;
  if (replacedCurrent && (await findPending(deps, request, call)) === undefined) return "already-done";
  return "done";
}
