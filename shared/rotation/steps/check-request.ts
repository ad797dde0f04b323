import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Invocation } from "../invocation.ts";
import { type RotationFacts, rotationFacts } from "../rotation-facts.ts";
import { stop } from "./stop.ts";

/**
 * Where the request's version is: `pending` is the one to work on, `current` was promoted already, `stopped` has lost
 * AWSPENDING or its rotation was canceled.
 */
export interface DescribedRequest {
  readonly state: "pending" | "current" | "stopped";
  readonly description: SecretDescription;
  readonly facts: RotationFacts;
}

/** Errors: `secret-not-found`, `option-invalid`. */
export async function describeRequest(invocation: Invocation): Promise<DescribedRequest> {
  const { store, defaultTags, request, progress, call } = invocation;
  const description = await store.describe(request.secretId, call);
  const described = rotationFacts(description, defaultTags);
  progress.facts ??= described;
  const { facts } = progress;
  const labels = description.labels.get(request.versionId);
  if (labels?.includes("AWSCURRENT") === true) return { state: "current", description, facts };
  const isPending = description.rotationEnabled && labels?.includes("AWSPENDING") === true;
  return { state: isPending ? "pending" : "stopped", description, facts };
}

/** The request's version, which a step may work on. Errors: those of `stop`, for a rotation that was stopped. */
export async function checkRequest(
  invocation: Invocation,
): Promise<DescribedRequest & { readonly state: "pending" | "current" }> {
  const described = await describeRequest(invocation);
  const { state } = described;
  return state === "stopped" ? stop(invocation, described) : { ...described, state };
}

/**
 * The value to work on, or `undefined` when its version is current already. A container that knows the rotation reads it
 * at once, since a read by id and label proves the label; only when that gives nothing is the secret described. Errors:
 * `version-unknown` before createSecret has run, and those of `stop`.
 */
export async function findPending(
  invocation: Invocation,
): Promise<{ readonly facts: RotationFacts; readonly value: SecretValue } | undefined> {
  const { store, request, progress, call } = invocation;
  const { secretId, versionId } = request;
  const at = { label: "AWSPENDING", versionId } as const;
  if (progress.facts !== undefined) {
    const found = await store.read(secretId, at, call);
    if (found !== undefined) return { facts: progress.facts, value: found.value };
  }
  const { state, facts } = await checkRequest(invocation);
  if (state === "current") return undefined;
  const found = await store.read(secretId, at, call);
  if (found !== undefined) return { facts, value: found.value };
  throw new RekeyError("version-unknown", {
    context: { secret: facts.secretArn, version: versionId, problem: "createSecret has not run" },
  });
}
