import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import type { Remembered } from "../rotation-memory.ts";
import { admit } from "./check-request.ts";
import { stop } from "./stop.ts";
import { readPending } from "./versions.ts";

export interface FoundPending {
  readonly remembered: Remembered;
  readonly value: SecretValue;
}

/**
 * The value to work on, or `undefined` when its version is current already. A container that knows the rotation reads it
 * at once, since a read by id and label proves the label; only when that gives nothing is the secret described. Errors:
 * `version-unknown` before createSecret has run, and those of `stop`.
 */
export async function findPending(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<FoundPending | undefined> {
  const known = deps.memory.recall(request);
  if (known !== undefined) {
    const value = await readPending(deps, request, call);
    if (value !== undefined) return { remembered: known, value };
  }

  const admission = await admit(deps, request, call);
  if (admission.state === "current") return undefined;
  if (admission.state === "stopped") return stop(deps, request, admission, call);
  const { remembered } = admission;
  const found = await readPending(deps, request, call);
  if (found === undefined) {
    throw new RekeyError("version-unknown", {
      context: { secret: remembered.facts.secretArn, version: request.versionId, problem: "createSecret has not run" },
    });
  }
  return { remembered, value: found };
}
