import type { RotationDependencies } from "./dependencies.ts";
import type { Remembered } from "./rotation-memory.ts";
import type { Admission } from "./steps/admit.ts";
import type { CallOptions, RotationRequest, SecretDescription } from "./ports.ts";

/** On the version whose rotation found that AWSCURRENT did not log in, until that rotation is finished. */
const recoveredLabel = "rekey-recovered";

/**
 * Notes that this rotation replaces a password that was not AWSCURRENT's. Whoever puts a value without being able to read the
 * secret could otherwise have it installed, by stopping that rotation.
 */
export async function noteRecovery(
  { store }: Pick<RotationDependencies, "store">,
  request: RotationRequest,
  remembered: Remembered,
  call: CallOptions,
): Promise<void> {
  await store.mark(request, recoveredLabel, call);
  remembered.recovered = true;
}

/** Once the version is current there is nothing to remember. */
export async function forgetRecovery(
  { store }: Pick<RotationDependencies, "store">,
  request: RotationRequest,
  { description, remembered }: Admission,
  call: CallOptions,
): Promise<void> {
  if (remembered.recovered || wasRecovered(description, request)) await store.unmark(request, recoveredLabel, call);
}

export const wasRecovered = ({ labels }: SecretDescription, { versionId }: RotationRequest): boolean =>
  labels.get(versionId)?.includes(recoveredLabel) === true;
