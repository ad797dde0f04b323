import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { StepOutcome } from "../../ports/rotation.ts";
import { readCurrent } from "../read-current.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { checkAccepted } from "../experimental.ts";
import { comparePending } from "../compare-pending.ts";
import type { Invocation } from "../invocation.ts";
import { rotationOf } from "../rotation-context.ts";
import type { RotationFacts } from "../rotation-facts.ts";
import { checkRequest } from "./check-request.ts";

/** Checks the value that an earlier run wrote; `undefined` when there is none. Errors: those of `comparePending`. */
async function keepWritten(
  invocation: Invocation,
  facts: RotationFacts,
  current: SecretValue,
): Promise<StepOutcome | undefined> {
  const { store, request, progress, call } = invocation;
  const pending = await store.read(request.secretId, { label: "AWSPENDING", versionId: request.versionId }, call);
  if (pending === undefined) return undefined;
  progress.kind = comparePending(invocation, facts, { current, pending: pending.value }, call).rotation.kind;
  return "already-done";
}

/**
 * Gives AWSPENDING its value. It is written without looking first: a version that has a value refuses another, and then
 * the one that an earlier run wrote is checked and kept. Only where making a value changes the server is it looked for
 * first.
 */
export async function createSecret(invocation: Invocation): Promise<StepOutcome> {
  const { store, generatePassword, request, call } = invocation;
  const { state, facts } = await checkRequest(invocation);
  if (state === "current") return "already-done";
  const current = (await readCurrent(store, request.secretId, call)).value;
  const { strategy, hosts, kind } = rotationOf(invocation, current, facts, call);
  checkAccepted(invocation.engine, facts, kind.engine);
  if (strategy.nextChangesServer) {
    const written = await keepWritten(invocation, facts, current);
    if (written !== undefined) return written;
  }
  const newPassword = (): SecretValue => generatePassword(facts.policy.password);
  try {
    await store.putPending(request, await strategy.next(current, hosts[0], newPassword), call);
    return "done";
  } catch (error) {
    if (!isRekeyError(error, "version-conflict")) throw error;
  }
  const written = await keepWritten(invocation, facts, current);
  if (written === undefined) throw new RekeyError("version-conflict", { context: { version: request.versionId } });
  return written;
}
