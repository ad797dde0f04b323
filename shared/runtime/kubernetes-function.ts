import { setTimeout as delay } from "node:timers/promises";
import { extendVisibility } from "../aws/sqs/extend-visibility.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { parseDeliveredEvent } from "../events/delivered-event.ts";
import { retirementCueIn } from "../events/rekey-event.ts";
import type { ClusterRefresh } from "../operations/refreshing/refresh-cluster.ts";
import { refreshSecret } from "../operations/refreshing/refresh-secret.ts";
import type { CallOptions } from "../ports/call.ts";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { environmentStore, sqsClient } from "./aws-clients.ts";
import { environmentClusters } from "./environment-clusters.ts";
import { environmentOf } from "./environment.ts";
import { report, reportFailure } from "./logger.ts";
import { queueFunction } from "./queue-function.ts";

/** How long an invocation waits for operators in the clusters; after that the message comes again. */
const waitMs = 20_000;
/** Until the description of a secret is as new as the event. */
const againAfterMs = 5_000;

async function pause(ms: number, { signal }: CallOptions): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {
    throw new RekeyError("time-budget-spent", { context: { operation: "wait" } });
  });
}

/** One line for each workload: who has the version, and who has not. */
function reportWorkloads(secret: string, version: string, { cluster, workloads }: ClusterRefresh): void {
  for (const { kind, name, namespace, state } of workloads) {
    report("workload", { secret, version, cluster, namespace, workload: `${kind}/${name}`, state });
  }
}

/** Each failure but the first is logged here; the first is thrown, so that the message is delivered again. */
function throwFirst(secret: string, clusters: readonly ClusterRefresh[]): void {
  const failures = clusters.flatMap(({ cluster, failures: own }) => own.map((failure) => ({ cluster, failure })));
  for (const { cluster, failure } of failures.slice(1)) reportFailure("not refreshed", failure, { secret, cluster });
  const [first] = failures;
  if (first !== undefined) throw first.failure;
}

const count = (clusters: readonly ClusterRefresh[], ...states: readonly string[]): number =>
  clusters.flatMap(({ workloads }) => workloads).filter(({ state }) => states.includes(state)).length;

/**
 * The Lambda handler of a queue of `Secret Rotated`: has the copies of the secret in Kubernetes refreshed and restarts what uses them. A
 * message comes again until every workload has rolled.
 */
export function kubernetesFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const manages = arnPatterns(environment.list("REKEY_SECRETS"));
  const clustersOf = environmentClusters(environment, store);
  const queue = {
    client: sqsClient(),
    queueUrl: environment.required("REKEY_KUBERNETES_QUEUE_URL"),
    nowMs: Date.now,
  };
  return queueFunction({ done: "refreshed", notDone: "not refreshed" }, async (record, call) => {
    const { body, receiptHandle, attributes } = record;
    const { secretArn: secret, versionId } = retirementCueIn(parseDeliveredEvent(body));
    const refresher = { store, manages, clusters: await clustersOf(call), waitMs, pause };
    const refresh = await refreshSecret(refresher, secret, call);
    if (refresh.state !== "current") return { facts: { secret, standing: refresh.state } };
    const { clusters, versionId: version } = refresh;
    for (const one of clusters) reportWorkloads(secret, version, one);
    throwFirst(secret, clusters);
    const facts = {
      secret,
      version,
      clusters: clusters.length,
      rolled: count(clusters, "rolled"),
      rolling: count(clusters, "rolling", "restarted"),
      held: count(clusters, "held"),
      left: count(clusters, "postponed", "waiting"),
    };
    const isEarly = version !== versionId && Number(attributes.ApproximateReceiveCount) < 2;
    const waits = clusters.flatMap(({ againAfterMs: own }) => own ?? []);
    if (isEarly) waits.push(againAfterMs);
    if (waits.length === 0) return { facts };
    const message = { body, receiptHandle, sentAtMs: Number(attributes.SentTimestamp) };
    const held = await extendVisibility(queue, message, Math.min(...waits), call);
    return { facts, again: held === "held" };
  });
}
