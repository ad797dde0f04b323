import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest, StepOutcome } from "../../ports/rotation.ts";
import { rotationOf } from "../rotation-context.ts";
import type { Remembered } from "../rotation-memory.ts";
import { type Admission, admit, versionWithLabel } from "./check-request.ts";
import { findPending } from "./find-pending.ts";
import { proveLogin } from "./prove-login.ts";
import { stop } from "./stop.ts";
import { readCurrent } from "./versions.ts";

async function kindOf(
  deps: RotationDependencies,
  { facts, kind }: Remembered,
  call: CallOptions,
): Promise<NonNullable<Remembered["kind"]>> {
  if (kind !== undefined) return kind;
  const current = await readCurrent(deps, facts.secretArn, call);
  const rotation = rotationOf(deps, current.value, facts, call);
  return { engine: rotation.current.engine, strategy: rotation.strategy.name };
}

async function announce(
  deps: RotationDependencies,
  request: RotationRequest,
  { remembered }: Admission,
  previousVersionId: string | undefined,
  call: CallOptions,
): Promise<void> {
  const { secretArn, secretName } = remembered.facts;
  await deps.publisher.publish(
    {
      type: "Secret Rotated",
      secretArn,
      secretName,
      versionId: request.versionId,
      ...(previousVersionId === undefined ? {} : { previousVersionId }),
      origin: "rotation",
      ...(await kindOf(deps, remembered, call)),
    },
    call,
  );
}

/**
 * Moves AWSCURRENT. When that is refused because the rotation was stopped in the last moment, Secrets Manager does not come
 * back, so the database is put back now.
 */
async function promote(
  deps: RotationDependencies,
  request: RotationRequest,
  from: string,
  call: CallOptions,
): Promise<void> {
  try {
    await deps.store.promote(request, { from }, call);
  } catch (error) {
    if (!isRekeyError(error, "store-rejected")) throw error;
    const admission = await admit(deps, request, call);
    if (admission.state === "stopped") await stop(deps, request, admission, call);
    throw error;
  }
}

/**
 * Promotes a version that was seen to log in, then publishes. When an earlier run died between the two, it publishes
 * again, so the event is never lost; subscribers know a version that they have.
 */
export async function finishSecret(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<StepOutcome> {
  const admission = await admit(deps, request, call);
  const { description, remembered } = admission;
  if (admission.state === "current") {
    await announce(deps, request, admission, versionWithLabel(description, "AWSPREVIOUS"), call);
    return "already-done";
  }
  if (admission.state === "stopped") return stop(deps, request, admission, call);
  const from = versionWithLabel(description, "AWSCURRENT");
  if (from === undefined)
    throw new RekeyError("secret-not-found", { context: { secret: request.secretId, label: "AWSCURRENT" } });
  if (!remembered.loggedIn) {
    const found = await findPending(deps, request, call);
    if (found !== undefined) await proveLogin(deps, request, found, call);
  }
  await promote(deps, request, from, call);
  await announce(deps, request, admission, from, call);
  return "done";
}
