import { memberAt } from "../answers/member-at.ts";
import { type Members, membersOf } from "../answers/members.ts";
import type { CurrentVersion, Rollout, Workload, WorkloadName } from "../ports/workload-cluster.ts";
import { secretReferences } from "./secret-references.ts";

export const workloadKinds = [
  "deployment",
  "statefulset",
  "daemonset",
] as const satisfies readonly WorkloadName["kind"][];

/** On the Pod template, as JSON: the VersionId that the workload was last restarted for, by the secret's ARN. */
const restartedForAnnotation = "rekey/restarted-for";

const numberAt = (object: Members, ...path: readonly string[]): number | undefined => {
  const value = memberAt(object, ...path);
  return typeof value === "number" ? value : undefined;
};

function restartedFor(object: Members): ReadonlyMap<string, string> {
  const text = memberAt(object, "spec", "template", "metadata", "annotations", restartedForAnnotation);
  try {
    const entries = Object.entries(membersOf(JSON.parse(typeof text === "string" ? text : "{}")));
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}

const isSeen = (object: Members): boolean =>
  (numberAt(object, "status", "observedGeneration") ?? 0) >= (numberAt(object, "metadata", "generation") ?? 0);

/** As `kubectl rollout status` decides it. */
const rollouts: Readonly<Record<WorkloadName["kind"], (object: Members) => Rollout>> = {
  deployment(object) {
    if (memberAt(object, "spec", "paused") === true) return "held";
    const wanted = numberAt(object, "spec", "replicas") ?? 1;
    const updated = numberAt(object, "status", "updatedReplicas") ?? 0;
    const all = numberAt(object, "status", "replicas") ?? 0;
    const available = numberAt(object, "status", "availableReplicas") ?? 0;
    return isSeen(object) && updated >= wanted && all <= updated && available >= updated ? "rolled" : "rolling";
  },
  statefulset(object) {
    if (memberAt(object, "spec", "updateStrategy", "type") === "OnDelete") return "held";
    const partition = numberAt(object, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
    const wanted = numberAt(object, "spec", "replicas") ?? 1;
    if (partition > 0 && partition >= wanted) return "held";
    const updated = numberAt(object, "status", "updatedReplicas") ?? 0;
    const ready = numberAt(object, "status", "readyReplicas") ?? 0;
    return isSeen(object) && updated >= wanted - partition && ready >= wanted ? "rolled" : "rolling";
  },
  daemonset(object) {
    if (memberAt(object, "spec", "updateStrategy", "type") === "OnDelete") return "held";
    const wanted = numberAt(object, "status", "desiredNumberScheduled") ?? 0;
    const updated = numberAt(object, "status", "updatedNumberScheduled") ?? 0;
    const available = numberAt(object, "status", "numberAvailable") ?? 0;
    return isSeen(object) && updated >= wanted && available >= wanted ? "rolled" : "rolling";
  },
};

export function workloadOf(object: Members, name: WorkloadName, namespace: string): Workload {
  const revision = memberAt(object, "metadata", "resourceVersion");
  return {
    ...name,
    namespace,
    uses: secretReferences(memberAt(object, "spec", "template", "spec")),
    restartedFor: restartedFor(object),
    revision: typeof revision === "string" ? revision : "",
    rollout: rollouts[name.kind](object),
  };
}

/** Another Pod template, on top of exactly this revision, and nothing else of the workload. Of other secrets it keeps those that are `known`. */
export function restartOf(workload: Workload, version: CurrentVersion, known: ReadonlySet<string>): object {
  const others = [...workload.restartedFor].filter(([arn]) => known.has(arn));
  const value = JSON.stringify(Object.fromEntries([...others, [version.secretArn, version.versionId]]));
  return {
    metadata: { resourceVersion: workload.revision },
    spec: { template: { metadata: { annotations: { [restartedForAnnotation]: value } } } },
  };
}
