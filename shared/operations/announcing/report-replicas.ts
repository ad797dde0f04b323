import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import { versionState, type VersionCheck } from "./version-state.ts";

export interface ReplicaReporter extends VersionCheck {
  readonly publisher: EventPublisher;
}

/**
 * `replicated`: published. `behind`: a replica is still in progress; ask again. `alone`: the secret has no replica.
 * `superseded`: another version is current, and its own event tells of it. `gone`: deleted. `foreign`: not a secret of ours.
 */
export type ReplicaReport = "replicated" | "behind" | "alone" | "superseded" | "gone" | "foreign";

function regionsBy({ replicas = new Map() }: SecretDescription, state: "InSync" | "InProgress" | "Failed"): string[] {
  return [...replicas]
    .filter(([, known]) => known === state)
    .map(([region]) => region)
    .sort();
}

/**
 * Publishes `Secret Replicated` for a version that was announced, when every replica has it or has failed, or, without
 * patience, with the regions that are still behind. Secrets Manager says of a replica how far it is, not for which version, so
 * only the current version is reported. One call to Secrets Manager and at most one to the bus. Errors: those of the ports.
 */
export async function reportReplicas(
  reporter: ReplicaReporter,
  { secretArn, versionId }: { readonly secretArn: string; readonly versionId: string },
  { patient, call }: { readonly patient: boolean; readonly call: CallOptions },
): Promise<ReplicaReport> {
  const known = await versionState(reporter, { secretArn, versionId }, call);
  if (known.state !== "current") return known.state;
  const { description } = known;
  if (description.replicas === undefined || description.replicas.size === 0) return "alone";
  const regionsBehind = regionsBy(description, "InProgress");
  if (regionsBehind.length > 0 && patient) return "behind";
  const ids = { secretArn: description.secretArn, secretName: description.name, versionId };
  const regions = {
    regionsInSync: regionsBy(description, "InSync"),
    regionsBehind,
    regionsFailed: regionsBy(description, "Failed"),
  };
  await reporter.publisher.publish({ type: "Secret Replicated", ...ids, ...regions }, call);
  return "replicated";
}
