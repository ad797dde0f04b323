import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest, StepOutcome } from "../../ports/rotation.ts";
import { rotationOf } from "../rotation-context.ts";
import { admit, versionWithLabel } from "./check-request.ts";
import { readCurrent } from "./versions.ts";

/**
 * Makes the credential that this version replaced stop, once its grace period (`rekey:grace`) is over or everyone
 * who uses the secret has adopted the version, and publishes `Secret Retired`. `already-done`: nothing is to be retired, or a later version is current and answers for it. Idempotent.
 * Errors: `grace-not-over`, with the time that is left, also while a rotation is under way: it may be setting that very
 * user.
 */
export async function retirePrevious(
  deps: RotationDependencies,
  request: RotationRequest,
  call: CallOptions,
): Promise<StepOutcome> {
  const { state, description, remembered } = await admit(deps, request, call);
  const { facts } = remembered;
  const { graceMs } = facts.policy;
  const retiredVersionId = versionWithLabel(description, "AWSPREVIOUS");
  if (state !== "current" || graceMs === undefined || retiredVersionId === undefined) return "already-done";

  const pendingVersionId = versionWithLabel(description, "AWSPENDING") ?? request.versionId;
  const current = await readCurrent(deps, request.secretId, call);
  const leftMs = request.adopted === true ? 0 : current.createdAt.getTime() + graceMs - deps.nowMs();
  if (leftMs > 0 || pendingVersionId !== request.versionId) {
    throw new RekeyError("grace-not-over", {
      context: { secret: facts.secretArn, version: request.versionId },
      retryAfterMs: Math.max(leftMs, 60_000),
    });
  }
  const { strategy, current: secret, hosts } = rotationOf(deps, current.value, facts, call);
  if (strategy.retire === undefined) return "already-done";
  const newPassword = (): SecretValue => deps.generatePassword(facts.policy.password);
  for (const host of hosts) await strategy.retire(secret, host, newPassword);
  await deps.publisher.publish(
    {
      type: "Secret Retired",
      secretArn: facts.secretArn,
      secretName: facts.secretName,
      versionId: request.versionId,
      retiredVersionId,
    },
    call,
  );
  return "done";
}
