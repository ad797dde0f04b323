import { listManaged } from "../operations/reconciling/list-managed.ts";
import { managedSecrets } from "../operations/reconciling/managed-secrets.ts";
import { parseReconcileTask, reconcile } from "../operations/reconciling/reconcile.ts";
import { sqsTaskQueue } from "../aws/sqs/task-queue.ts";
import { environmentCatalogue, environmentPublisher, environmentStore, sqsClient } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { reportFailure } from "./logger.ts";
import { writeMetrics } from "./metrics.ts";
import { queueFunction } from "./queue-function.ts";
import { environmentAudit, environmentCluster } from "./vault-mirror.ts";
import { defined } from "../secrets/defined.ts";

const dayMs = 86_400_000;

/** The Lambda handler of the queue of a look at everything: `{}` begins one, and the function sends the rest itself. */
export function reconcileFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const sqs = sqsClient();
  const listing = {
    catalogue: environmentCatalogue(environment),
    tasks: sqsTaskQueue(sqs, environment.required("REKEY_RECONCILE_QUEUE_URL")),
    managed: managedSecrets(environment.list("REKEY_SECRETS")),
  };
  const audit = environmentAudit(environment, store);
  const loginQueue = environment.text("REKEY_LOGIN_QUEUE_URL");
  const cluster = environmentCluster(environment);
  const reconciler = {
    store,
    ...defined({ audit, cluster }),
    mirrorAlone: environment.text("REKEY_RECONCILE") === "mirror",
    publisher: environmentPublisher(environment),
    ...(loginQueue === undefined ? {} : { logins: sqsTaskQueue(sqs, loginQueue) }),
    nowMs: Date.now,
    skipped: (secret: string, error: Parameters<typeof reportFailure>[1]) =>
      reportFailure("not examined", error, { secret }),
  };

  return queueFunction({ done: "reconciled", notDone: "not reconciled" }, async ({ body }, call) => {
    const task = parseReconcileTask(body);
    if (!("secretArns" in task)) return { facts: { listed: await listManaged(listing, task.cursor, call) } };
    const { findings, oldest, ...counts } = await reconcile(reconciler, task.secretArns, call);
    const { examined: SecretsExamined, skipped: SecretsSkipped, repaired: MirrorsRepaired } = counts;
    writeMetrics({ SecretsExamined, SecretsSkipped, MirrorsRepaired });
    for (const [Finding, Findings] of findings) writeMetrics({ Findings }, { Finding });
    if (oldest === undefined) return { facts: counts };
    const OldestSecretAgeDays = (Date.now() - oldest.since.getTime()) / dayMs;
    writeMetrics({ OldestSecretAgeDays });
    return {
      facts: { ...counts, oldestSecret: oldest.secretArn, oldestSecretAgeDays: Math.floor(OldestSecretAgeDays) },
    };
  });
}
