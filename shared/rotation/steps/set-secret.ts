import type { RotationDependencies } from "../dependencies.ts";
import { setEverywhere } from "../every-host.ts";
import { noteRecovery } from "../recovery.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest, StepOutcome } from "../../ports/rotation.ts";
import { findPending } from "./find-pending.ts";
import { load, readCurrent } from "./versions.ts";

/**
 * Makes the database take AWSPENDING's credential. Where that replaced the current one, the label is read once more: if it
 * was taken away meanwhile, no labelled version would log in, so the database is put back. A rotation that changes the
 * password at finishSecret is only compared here.
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
  if (found.remembered.changesAtFinish) return "done";
  await setEverywhere(deps.engine, rotation, { current: rotation.current, pending }, async () =>
    noteRecovery(deps, request, call),
  );
  if (rotation.strategy.replacesCurrent && (await findPending(deps, request, call)) === undefined)
    return "already-done";
  return "done";
}
