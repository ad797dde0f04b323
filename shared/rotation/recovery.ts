import type { RotationDependencies } from "./dependencies.ts";
import type { CallOptions, RotationRequest, SecretDescription } from "./ports.ts";

/** On the version whose rotation found that AWSCURRENT did not log in, until that rotation is finished. */
const recoveredLabel = "rekey-recovered";

/**
 * Notes that this rotation replaces a password that was not AWSCURRENT's. Whoever puts a value without being able to read the
 * secret could otherwise have it installed, by stopping that rotation.
 */
export const noteRecovery = async (
  { store }: Pick<RotationDependencies, "store">,
  request: RotationRequest,
  call: CallOptions,
): Promise<void> => store.mark(request, recoveredLabel, call);

/** Once the version is current there is nothing to remember. */
export async function forgetRecovery(
  { store }: Pick<RotationDependencies, "store">,
  request: RotationRequest,
  description: SecretDescription,
  call: CallOptions,
): Promise<void> {
  if (wasRecovered(description, request)) await store.unmark(request, recoveredLabel, call);
}

export const wasRecovered = ({ labels }: SecretDescription, { versionId }: RotationRequest): boolean =>
  labels.get(versionId)?.includes(recoveredLabel) === true;
