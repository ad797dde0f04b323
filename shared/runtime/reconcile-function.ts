import { listManaged } from "../operations/list-managed.ts";
import { managedSecrets } from "../operations/managed-secrets.ts";
import { parseReconcileTask, reconcile } from "../operations/reconcile.ts";
import { sqsDispatch } from "../queues/dispatch.ts";
import { environmentCatalogue, environmentPublisher, environmentStore, sqsClient } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { reportFailure } from "./logger.ts";
import { writeMetrics } from "./metrics.ts";
import { queueFunction } from "./queue-function.ts";
import { environmentAudit } from "./vault-mirror.ts";

/** The Lambda handler of the queue of a look at everything: `{}` begins one, and the function sends the rest itself. */
export function reconcileFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const sqs = sqsClient();
  const listing = {
    catalogue: environmentCatalogue(environment),
    dispatch: sqsDispatch(sqs, environment.required("REKEY_RECONCILE_QUEUE_URL")),
    managed: managedSecrets(environment.list("REKEY_SECRETS")),
  };
  const audit = environmentAudit(environment, store);
  const loginQueue = environment.text("REKEY_LOGIN_QUEUE_URL");
  const reconciler = {
    store,
    ...(audit === undefined ? {} : { audit }),
    publisher: environmentPublisher(environment),
    ...(loginQueue === undefined ? {} : { logins: sqsDispatch(sqs, loginQueue) }),
    nowMs: Date.now,
    skipped: (secret: string, error: Parameters<typeof reportFailure>[1]) =>
      reportFailure("not examined", error, { secret }),
  };

  return queueFunction({ done: "reconciled", notDone: "not reconciled" }, async ({ body }, call) => {
    const task = parseReconcileTask(body);
    if (!("secretArns" in task)) return { facts: { listed: await listManaged(listing, task.cursor, call) } };
    const { findings, ...counts } = await reconcile(reconciler, task.secretArns, call);
    const { examined: SecretsExamined, skipped: SecretsSkipped, repaired: MirrorsRepaired } = counts;
    writeMetrics({ SecretsExamined, SecretsSkipped, MirrorsRepaired });
    for (const [Finding, Findings] of findings) writeMetrics({ Findings }, { Finding });
    return { facts: counts };
  });
}
