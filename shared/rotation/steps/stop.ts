import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import { restoreOn } from "../every-host.ts";
import type { CallOptions, RotationRequest } from "../ports.ts";
import { type Admission, versionWithLabel } from "./admit.ts";
import { load, readCurrent } from "./versions.ts";

/**
 * Ends a step whose rotation was stopped under it: somebody put a value by hand, which takes AWSPENDING away, or
 * cancelled the rotation. setSecret may already have changed the database, so it is put back to what AWSCURRENT says,
 * unless another rotation is under way and answers for it.
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
  if (abandoned !== undefined && pendingVersion === request.versionId) {
    const current = await readCurrent(deps, request.secretId, call);
    const { rotation, pending } = load(deps, remembered, { current: current.value, pending: abandoned.value }, call);
    await restoreOn(rotation, { current: rotation.current, pending }, rotation.hosts);
  }
  if (!description.rotationEnabled) throw new RekeyError("rotation-disabled", { context });
  throw new RekeyError(abandoned === undefined ? "version-unknown" : "version-not-pending", { context });
}
