import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import { restoreOn } from "../every-host.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import { wasRecovered } from "../recovery.ts";
import { type Admission, versionWithLabel } from "./check-request.ts";
import { currentLogsIn, currentBefore, load, readCurrent } from "./versions.ts";

/**
 * Ends a step whose rotation was stopped under it: somebody put a value by hand, which takes AWSPENDING away, or
 * canceled the rotation. setSecret may already have changed the database, so it is put back to the version that was
 * current when the rotation began, unless another rotation is in progress and answers for it. A value that somebody put
 * since then is left alone: nobody has seen it log in, and whoever may only write the secret must not choose a password.
 * Always throws: `version-unknown`, `version-not-pending`, `rotation-disabled`, or why the database could not be put back.
 */
export async function stop(
  deps: RotationDependencies,
  request: RotationRequest,
  { description, remembered }: Admission,
  call: CallOptions,
): Promise<never> {
  const context = { secret: description.secretArn, version: request.versionId };
  const abandoned = await deps.store.read(request.secretId, { versionId: request.versionId }, call);
  const pendingVersion = versionWithLabel(description, "AWSPENDING") ?? request.versionId;
  // What is AWSPREVIOUS was AWSCURRENT: its rotation had ended.
  const isFinished = versionWithLabel(description, "AWSPREVIOUS") === request.versionId;
  const isAnswered = isFinished || pendingVersion !== request.versionId || wasRecovered(description, request);
  if (abandoned !== undefined && !isAnswered) {
    const current = await readCurrent(deps, request.secretId, call);
    const hasPrevious = versionWithLabel(description, "AWSPREVIOUS") !== undefined;
    const before = await currentBefore(deps, request.secretId, { current, abandoned, hasPrevious }, call);
    const isDone =
      before === undefined || (before !== current && (await currentLogsIn(deps, remembered, current, call)));
    if (!isDone) {
      const { rotation, pending } = load(deps, remembered, { current: before.value, pending: abandoned.value }, call);
      await restoreOn(rotation, { current: rotation.current, pending }, rotation.hosts, "pending");
    }
  }
  if (!description.rotationEnabled) throw new RekeyError("rotation-disabled", { context });
  throw new RekeyError(abandoned === undefined ? "version-unknown" : "version-not-pending", { context });
}
