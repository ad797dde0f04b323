import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { StepOutcome } from "../../ports/rotation.ts";
import { lookAgainMs } from "../rotation-policy.ts";
import { isRotationUnderWay, versionWithLabel } from "../../ports/secret-store.ts";
import { readCurrent } from "../read-current.ts";
import type { Invocation } from "../invocation.ts";
import { heldBy } from "../holders.ts";
import { proveRetired } from "../retirement-proof.ts";
import { rotationOf } from "../rotation-context.ts";
import { describeRequest } from "./check-request.ts";

/**
 * Makes the credential that this version replaced stop, once its grace period (`rekey:grace`) is over or everyone
 * who uses the secret has adopted the version, has each server refuse it once, and publishes `Secret Retired`. `already-done`:
 * nothing is to be retired, or a later version is current and answers for it. Idempotent. Errors: `grace-not-over`, with the
 * time that is left, also while a rotation is under way: it may be setting that very user; `replaced-still-logs-in`.
 */
export async function retirePrevious(invocation: Invocation): Promise<StepOutcome> {
  const { store, publisher, generatePassword, nowMs, request, call } = invocation;
  const { state, description, facts } = await describeRequest(invocation);
  const { graceMs, graceExtensionMs = 0 } = facts.policy;
  const retiredVersionId = versionWithLabel(description, "AWSPREVIOUS");
  if (state !== "current" || graceMs === undefined || retiredVersionId === undefined) return "already-done";

  const current = await readCurrent(store, request.secretId, call);
  const leftMs = request.adopted === true ? 0 : current.createdAt.getTime() + graceMs - nowMs();
  if (leftMs > 0 || isRotationUnderWay(description)) {
    throw new RekeyError("grace-not-over", {
      context: { secret: facts.secretArn, version: request.versionId },
      retryAfterMs: Math.max(leftMs, 60_000),
    });
  }
  const { strategy, current: secret, hosts } = rotationOf(invocation, current.value, facts, call);
  if (strategy.retire === undefined) return "already-done";
  const ids = {
    secretArn: facts.secretArn,
    secretName: facts.secretName,
    versionId: request.versionId,
    retiredVersionId,
  };
  const held = await heldBy(strategy, secret, hosts);
  const untilMs = current.createdAt.getTime() + graceMs + graceExtensionMs;
  if (held.length > 0 && untilMs > nowMs()) {
    const retiredAtLatest = new Date(untilMs).toISOString();
    await publisher.publish({ type: "Secret Retirement Delayed", ...ids, retiredAtLatest, heldBy: held }, call);
    throw new RekeyError("replaced-in-use", {
      context: { secret: facts.secretArn, version: request.versionId, until: retiredAtLatest },
      retryAfterMs: lookAgainMs(graceExtensionMs),
    });
  }
  const newPassword = (): SecretValue => generatePassword(facts.policy.password);
  for (const host of hosts) await strategy.retire(secret, host, newPassword);
  const proof = await proveRetired(invocation.engine, secret, hosts);
  await publisher.publish({ type: "Secret Retired", ...ids, proof, heldBy: held }, call);
  return "done";
}
