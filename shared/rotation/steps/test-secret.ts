import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest, StepOutcome } from "../../ports/rotation.ts";
import { findPending } from "./find-pending.ts";
import { proveLogin } from "./prove-login.ts";

/** Proves that AWSPENDING logs in; a rotation that changes the password at finishSecret proves it there. */
export async function testSecret(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<StepOutcome> {
  if (deps.memory.recall(request)?.changesAtFinish === true) return "done";
  const found = await findPending(deps, request, call);
  if (found === undefined) return "already-done";
  await proveLogin(deps, request, found, call);
  return "done";
}
