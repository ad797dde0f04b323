import type { StepOutcome } from "../../ports/rotation.ts";
import { readCurrent } from "../read-current.ts";
import { comparePending } from "../compare-pending.ts";
import { setEverywhere } from "../every-host.ts";
import type { Invocation } from "../invocation.ts";
import { noteRecovery } from "../recovery.ts";
import { findPending } from "./check-request.ts";

/**
 * Makes the database take AWSPENDING's credential. Where that replaced the current one, the label is read once more: if it
 * was taken away meanwhile, no labelled version would log in, so the database is put back. A rotation that changes the
 * password at finishSecret is only compared here.
 */
export async function setSecret(invocation: Invocation): Promise<StepOutcome> {
  const { store, engine, request, progress, call } = invocation;
  const found = await findPending(invocation);
  if (found === undefined) return "already-done";
  const current = await readCurrent(store, request.secretId, call);
  if (current.versionId === request.versionId) return "already-done";
  const values = { current: current.value, pending: found.value };
  const { rotation, versions } = comparePending(invocation, found.facts, values, call);
  progress.kind = rotation.kind;
  if (rotation.kind.changesAtFinish) return "done";
  await setEverywhere(engine, rotation, versions, async () => noteRecovery(invocation));
  const isStillPending = !rotation.strategy.replacesCurrent || (await findPending(invocation)) !== undefined;
  return isStillPending ? "done" : "already-done";
}
