import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import { readCurrent } from "../read-current.ts";
import { type SecretDescription, type StoredVersion, versionWithLabel } from "../../ports/secret-store.ts";
import { comparePending } from "../compare-pending.ts";
import { logsInEverywhere, restoreOn } from "../every-host.ts";
import type { Invocation } from "../invocation.ts";
import { wasRecovered } from "../recovery.ts";
import { rotationOf } from "../rotation-context.ts";
import type { RotationFacts } from "../rotation-facts.ts";

interface StoppedRotation {
  readonly description: SecretDescription;
  readonly facts: RotationFacts;
}

const versionsSearched = 20;

/**
 * The version that was current when the abandoned one was made. `undefined` when Secrets Manager no longer has it, or when
 * what somebody put by hand since then logs in as it is; a value that cannot be tried does not.
 */
async function versionToRestore(
  invocation: Invocation,
  { description, facts }: StoppedRotation,
  abandoned: StoredVersion,
): Promise<StoredVersion | undefined> {
  const { store, engine, request, call } = invocation;
  const { secretId } = request;
  const current = await readCurrent(store, secretId, call);
  if (current.createdAt < abandoned.createdAt) return current;
  const hasPrevious = versionWithLabel(description, "AWSPREVIOUS") !== undefined;
  const previous = hasPrevious ? await store.read(secretId, { label: "AWSPREVIOUS" }, call) : undefined;
  const before =
    previous !== undefined && previous.createdAt < abandoned.createdAt
      ? previous
      : (await store.unlabelled(secretId, versionsSearched, call)).find(
          ({ createdAt }) => createdAt < abandoned.createdAt,
        );
  if (before === undefined) return undefined;
  try {
    const rotation = rotationOf(invocation, current.value, facts, call);
    return (await logsInEverywhere(engine, rotation.current, rotation.hosts)) ? undefined : before;
  } catch (error) {
    if (isRekeyError(error)) return before;
    throw error;
  }
}

/**
 * Ends a step whose rotation was stopped under it: somebody put a value by hand, which takes AWSPENDING away, or
 * canceled the rotation. setSecret may already have changed the database, so it is put back to the version that was
 * current when the rotation began, unless another rotation is in progress and answers for it. A value that somebody put
 * since then is left alone: nobody has seen it log in, and whoever may only write the secret must not choose a password.
 * Always throws: `version-unknown`, `version-not-pending`, `rotation-disabled`, or why the database could not be put back.
 */
export async function stop(invocation: Invocation, stopped: StoppedRotation): Promise<never> {
  const { store, request, call } = invocation;
  const { description, facts } = stopped;
  const abandoned = await store.read(request.secretId, { versionId: request.versionId }, call);
  const pendingVersion = versionWithLabel(description, "AWSPENDING") ?? request.versionId;
  // What is AWSPREVIOUS was AWSCURRENT: its rotation had ended.
  const isFinished = versionWithLabel(description, "AWSPREVIOUS") === request.versionId;
  const isAnswered = isFinished || pendingVersion !== request.versionId || wasRecovered(description, request);
  if (abandoned !== undefined && !isAnswered) {
    const before = await versionToRestore(invocation, stopped, abandoned);
    if (before !== undefined) {
      const values = { current: before.value, pending: abandoned.value };
      const { rotation, versions } = comparePending(invocation, facts, values, call);
      await restoreOn(rotation, versions, rotation.hosts, "pending");
    }
  }
  const context = { secret: description.secretArn, version: request.versionId };
  if (!description.rotationEnabled) throw new RekeyError("rotation-disabled", { context });
  throw new RekeyError(abandoned === undefined ? "version-unknown" : "version-not-pending", { context });
}
