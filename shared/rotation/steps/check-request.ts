import type { RotationDependencies } from "../dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { rotationFacts } from "../rotation-facts.ts";
import type { Remembered } from "../rotation-memory.ts";

/**
 * Where the request's version stands: `pending` is the one to work on, `current` was promoted already, `stopped` has
 * lost AWSPENDING or its rotation was cancelled.
 */
export interface Admission {
  readonly state: "pending" | "current" | "stopped";
  readonly description: SecretDescription;
  readonly remembered: Remembered;
}

/** Errors: `secret-not-found`, `option-invalid`. */
export async function admit(
  deps: Pick<RotationDependencies, "store" | "memory" | "defaultTags">,
  request: RotationRequest,
  call: CallOptions,
): Promise<Admission> {
  const description = await deps.store.describe(request.secretId, call);
  const remembered = deps.memory.remember(request, rotationFacts(description, deps.defaultTags));
  const labels = description.labels.get(request.versionId);
  if (labels?.includes("AWSCURRENT") === true) return { state: "current", description, remembered };
  const isPending = description.rotationEnabled && labels?.includes("AWSPENDING") === true;
  return { state: isPending ? "pending" : "stopped", description, remembered };
}

export function versionWithLabel(description: SecretDescription, label: string): string | undefined {
  for (const [versionId, labels] of description.labels) if (labels.includes(label)) return versionId;
  return undefined;
}
