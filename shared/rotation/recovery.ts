import type { Invocation } from "./invocation.ts";
import type { RotationRequest } from "../ports/rotation.ts";
import type { SecretDescription } from "../ports/secret-store.ts";

/**
 * On the version whose rotation found that AWSCURRENT did not log in, until another rotation finds that. A finished rotation keeps
 * it too: one of its steps may come again after somebody has put a value, and must not take it for one that was stopped.
 */
const recoveredLabel = "rekey-recovered";

/**
 * Notes that this rotation replaces a password that was not AWSCURRENT's. Whoever puts a value without being able to read the
 * secret could otherwise have it installed, by stopping that rotation.
 */
export const noteRecovery = async ({ store, request, call }: Invocation): Promise<void> =>
  store.mark(request, recoveredLabel, call);

export const wasRecovered = ({ labels }: SecretDescription, { versionId }: RotationRequest): boolean =>
  labels.get(versionId)?.includes(recoveredLabel) === true;
