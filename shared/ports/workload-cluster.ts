import type { CallOptions } from "./call.ts";
import type { StoredVersion } from "./secret-store.ts";

/** The kind of a workload that is restarted, as the configuration names it. */
type WorkloadKind = "deployment" | "statefulset" | "daemonset";

export interface WorkloadName {
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** What the configuration allows for one secret in one namespace. Nothing in a cluster or an event adds to it. */
export interface ClusterGrant {
  /** ARN of the secret in Secrets Manager. */
  readonly secretArn: string;
  readonly namespace: string;
  /**
   * `external`: an operator in the cluster fetches the secret as this object says, and is asked to do so now. `written`: rekey
   * writes these keys of this object; each is a member of the secret's JSON, or `*` for its whole text.
   */
  readonly object:
    | { readonly kind: "external"; readonly name: string }
    | { readonly kind: "written"; readonly name: string; readonly keys: ReadonlyMap<string, string> };
  /** Workloads that are restarted if they use the object: these, or every one in the namespace. */
  readonly restart: "all" | readonly WorkloadName[];
}

/** The version that is current now. */
export interface CurrentVersion {
  readonly secretArn: string;
  readonly secretName: string;
  readonly versionId: string;
}

/**
 * `rolled`: every Pod runs the current template. `rolling`: not yet. `held`: a human decides when (a paused Deployment, the update
 * strategy `OnDelete`).
 */
export type Rollout = "rolled" | "rolling" | "held";

export interface Workload extends WorkloadName {
  readonly namespace: string;
  /** Names of the Secrets that its Pod template refers to. */
  readonly uses: ReadonlySet<string>;
  /** The VersionId that it was last restarted for, by the secret's ARN. */
  readonly restartedFor: ReadonlyMap<string, string>;
  /** A change is refused if the workload has another one by then. */
  readonly revision: string;
  readonly rollout: Rollout;
}

/** How an object in the cluster is now. */
export interface Delivery {
  /** The name of the Secret that Pods refer to. */
  readonly secretName: string;
  /** Whether it has the version. */
  readonly isFresh: boolean;
}

/**
 * A cluster of workloads that hold copies of secrets. Errors of all calls: `kubernetes-unavailable`, `kubernetes-refused`,
 * `time-budget-spent`.
 *
 * @example
 * ```ts
 * const restartAll = async (cluster: WorkloadCluster, version: CurrentVersion, call: CallOptions) => {
 *   const workloads = await cluster.workloads("shop", "all", call);
 *   const { taken } = await cluster.takeRestarts(workloads.length, call);
 *   for (const workload of workloads.slice(0, taken)) await cluster.restart(workload, version, call);
 * };
 * ```
 */
export interface WorkloadCluster {
  readonly name: string;
  readonly grants: readonly ClusterGrant[];
  /** Asks the operator to fetch the version, once for each version. Idempotent. */
  requestSync(grant: ClusterGrant, version: CurrentVersion, call: CallOptions): Promise<Delivery>;
  /** Writes the granted keys and nothing else. Idempotent. Errors: `kubernetes-conflict`, `secret-malformed`. */
  write(grant: ClusterGrant, version: StoredVersion, call: CallOptions): Promise<Delivery>;
  /** The granted workloads of a namespace; a granted one that does not exist is absent. */
  workloads(namespace: string, granted: ClusterGrant["restart"], call: CallOptions): Promise<readonly Workload[]>;
  /** Takes up to so many of the restarts that the cluster's rate allows now; `waitMs`: when more are allowed. */
  takeRestarts(wanted: number, call: CallOptions): Promise<{ readonly taken: number; readonly waitMs: number }>;
  /** Has every Pod of the workload be replaced, as its own strategy says. A restart for the same version changes nothing. */
  restart(workload: Workload, version: CurrentVersion, call: CallOptions): Promise<void>;
}
