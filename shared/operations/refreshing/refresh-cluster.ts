import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import type {
  ClusterGrant,
  CurrentVersion,
  Delivery,
  Workload,
  WorkloadCluster,
  WorkloadName,
} from "../../ports/workload-cluster.ts";

export interface ClusterWork {
  readonly store: Pick<SecretStore, "read">;
  readonly waitMs: number;
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
}

/** `restarted`: by this run. `postponed`: the cluster's rate allows no more restarts now. `waiting`: a copy that it uses is not fresh. */
export interface WorkloadReport extends WorkloadName {
  readonly namespace: string;
  readonly state: "restarted" | "postponed" | "waiting" | Workload["rollout"];
}

export interface ClusterRefresh {
  readonly cluster: string;
  readonly workloads: readonly WorkloadReport[];
  /** When a look is worthwhile again: restarts were postponed, or Pods are still being replaced. */
  readonly againAfterMs?: number;
  readonly failures: readonly unknown[];
}

/** Between two looks at what an operator in the cluster has done. */
const lookMs = 1_000;
/** Between two looks at a rollout. */
const rolloutMs = 60_000;

interface Delivered extends Delivery {
  readonly grant: ClusterGrant;
}

async function deliver(
  { store }: Pick<ClusterWork, "store">,
  cluster: WorkloadCluster,
  grant: ClusterGrant,
  version: CurrentVersion,
  call: CallOptions,
): Promise<Delivered> {
  if (grant.object.kind === "external") return { grant, ...(await cluster.requestSync(grant, version, call)) };
  const { secretArn, versionId } = version;
  // Another version by now is the next look's.
  const stored = await store.read(secretArn, { label: "AWSCURRENT", versionId }, call);
  if (stored === undefined) return { grant, secretName: grant.object.name, isFresh: false };
  return { grant, ...(await cluster.write(grant, stored, call)) };
}

interface Deliveries {
  readonly delivered: readonly Delivered[];
  readonly failures: readonly unknown[];
  /** Namespaces with a copy that failed: which workloads use it may be unknown. */
  readonly failedIn: ReadonlySet<string>;
}

/** Asks for all of them before it waits for any. */
async function deliverAll(
  work: ClusterWork,
  cluster: WorkloadCluster,
  version: CurrentVersion,
  call: CallOptions,
): Promise<Deliveries> {
  const grants = cluster.grants.filter(({ secretArn }) => secretArn === version.secretArn);
  const delivered = new Map<ClusterGrant, Delivered>();
  const failures: unknown[] = [];
  const failed = new Set<ClusterGrant>();
  const left = (): readonly ClusterGrant[] =>
    grants.filter((grant) => !failed.has(grant) && delivered.get(grant)?.isFresh !== true);
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    for (const grant of left()) {
      try {
        delivered.set(grant, await deliver(work, cluster, grant, version, call));
      } catch (failure) {
        failures.push(failure);
        failed.add(grant);
      }
    }
    if (left().length === 0 || waitedMs >= work.waitMs) break;
    await work.pause(lookMs, call);
  }
  for (const { namespace, object } of left()) {
    const context = { cluster: cluster.name, namespace, object: object.name, version: version.versionId };
    failures.push(new RekeyError("kubernetes-not-refreshed", { context }));
  }
  const failedIn = new Set([...failed].map(({ namespace }) => namespace));
  return { delivered: [...delivered.values()], failures, failedIn };
}

/** What workloads use of the secret, in one namespace. */
async function usersIn(
  cluster: WorkloadCluster,
  copies: readonly Delivered[],
  namespace: string,
  call: CallOptions,
): Promise<readonly (readonly [workload: Workload, isFresh: boolean])[]> {
  const found = new Map<string, readonly [Workload, boolean]>();
  for (const { grant, secretName, isFresh } of copies) {
    if (grant.namespace !== namespace || grant.restart.length === 0) continue;
    for (const workload of await cluster.workloads(namespace, grant.restart, call)) {
      if (!workload.uses.has(secretName)) continue;
      const key = `${workload.kind}/${workload.name}`;
      found.set(key, [workload, isFresh && found.get(key)?.[1] !== false]);
    }
  }
  return [...found.values()];
}

const reportOf = ({ kind, name, namespace }: Workload, state: WorkloadReport["state"]): WorkloadReport => ({
  kind,
  name,
  namespace,
  state,
});

async function restartAll(
  cluster: WorkloadCluster,
  due: readonly Workload[],
  version: CurrentVersion,
  call: CallOptions,
): Promise<Pick<ClusterRefresh, "workloads" | "failures"> & { readonly waitMs: number }> {
  if (due.length === 0) return { workloads: [], failures: [], waitMs: 0 };
  const { taken, waitMs } = await cluster.takeRestarts(due.length, call);
  const workloads = due.slice(taken).map((workload) => reportOf(workload, "postponed"));
  const failures: unknown[] = [];
  for (const workload of due.slice(0, taken)) {
    try {
      await cluster.restart(workload, version, call);
      workloads.push(reportOf(workload, "restarted"));
    } catch (failure) {
      failures.push(failure);
    }
  }
  return { workloads, failures, waitMs: taken < due.length ? waitMs : 0 };
}

/** Those that were restarted for the version already, and those that are due; each copy that they use is fresh. */
async function sortUsers(
  cluster: WorkloadCluster,
  { delivered, failedIn }: Deliveries,
  version: CurrentVersion,
  call: CallOptions,
): Promise<{ readonly reports: WorkloadReport[]; readonly due: Workload[] }> {
  const reports: WorkloadReport[] = [];
  const due: Workload[] = [];
  for (const namespace of new Set(delivered.map(({ grant }) => grant.namespace))) {
    for (const [workload, isFresh] of await usersIn(cluster, delivered, namespace, call)) {
      const isDone = workload.restartedFor.get(version.secretArn) === version.versionId;
      if (isDone) reports.push(reportOf(workload, workload.rollout));
      else if (isFresh && !failedIn.has(namespace)) due.push(workload);
      else reports.push(reportOf(workload, "waiting"));
    }
  }
  return { reports, due };
}

/**
 * Has one cluster's copies of the secret refreshed, and restarts the workloads that use nothing but fresh ones. Errors: none; what
 * failed is in the answer, with `kubernetes-not-refreshed` for a copy that did not follow in time.
 */
export async function refreshCluster(
  work: ClusterWork,
  cluster: WorkloadCluster,
  version: CurrentVersion,
  call: CallOptions,
): Promise<ClusterRefresh> {
  const failures: unknown[] = [];
  const workloads: WorkloadReport[] = [];
  let waitMs = 0;
  try {
    const deliveries = await deliverAll(work, cluster, version, call);
    failures.push(...deliveries.failures);
    const { reports, due } = await sortUsers(cluster, deliveries, version, call);
    workloads.push(...reports);
    const restarted = await restartAll(cluster, due, version, call);
    workloads.push(...restarted.workloads);
    failures.push(...restarted.failures);
    waitMs = restarted.waitMs;
  } catch (failure) {
    failures.push(failure);
  }
  const isRolling = workloads.some(({ state }) => state === "rolling" || state === "restarted");
  if (isRolling && waitMs === 0) waitMs = rolloutMs;
  return { cluster: cluster.name, workloads, failures, ...(waitMs > 0 && { againAfterMs: waitMs }) };
}
