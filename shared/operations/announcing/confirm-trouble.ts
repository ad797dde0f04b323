import { findingFacts, type Trouble } from "../../events/trouble.ts";
import type { CallOptions } from "../../ports/call.ts";
import { describeIfExists, isRotationUnderWay, type SecretDescription } from "../../ports/secret-store.ts";
import { describedFindings } from "../reconciling/compare-secret.ts";
import { type VersionCheck, versionState } from "./version-state.ts";

/**
 * `stands`: as far as Secrets Manager can tell, it is so now. `fixed`: it is not so any more. `stale`: it is told more than a day
 * late, as a replay does. `superseded`: of a new version, that another one is current or on its way. `foreign`, `gone`: as of a version.
 */
export type TroubleState =
  | { readonly state: "stands"; readonly name: string }
  | { readonly state: "fixed" | "stale" | "superseded" | "foreign" | "gone" };

const dayMs = 86_400_000;

function isFixed(trouble: Exclude<Trouble, { kind: "rotated" }>, description: SecretDescription, nowMs: number) {
  if (trouble.kind === "finding") {
    const { isDescribed, part } = findingFacts[trouble.finding];
    if (isDescribed) return !describedFindings(description, nowMs).some(({ finding }) => finding === trouble.finding);
    if (part !== "credential") return false;
  }
  const { lastRotatedAt } = description;
  return lastRotatedAt !== undefined && lastRotatedAt.getTime() > Math.min(trouble.at.getTime(), nowMs);
}

/** What Secrets Manager says of what an event tells, in at most one call. Errors: those of the store. */
export async function confirmTrouble(
  { store, manages, nowMs }: VersionCheck & { readonly nowMs: () => number },
  trouble: Trouble,
  call: CallOptions,
): Promise<TroubleState> {
  if (trouble.kind === "rotated") {
    const version = await versionState({ store, manages }, trouble, call);
    if (version.state !== "current") return { state: version.state };
    const { description } = version;
    return isRotationUnderWay(description) ? { state: "superseded" } : { state: "stands", name: description.name };
  }
  const { secretArn, at } = trouble;
  if (!manages(secretArn)) return { state: "foreign" };
  if (at.getTime() < nowMs() - dayMs) return { state: "stale" };
  const description = await describeIfExists(store, secretArn, call);
  if (description?.deletedAt !== undefined || description?.secretArn !== secretArn) return { state: "gone" };
  return isFixed(trouble, description, nowMs()) ? { state: "fixed" } : { state: "stands", name: description.name };
}
