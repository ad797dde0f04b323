import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { alarmResources } from "./alarms.ts";
import { functionResources, stemOf, type FunctionRow } from "./function-resources.ts";
import { announceChange } from "./functions/announce-change.ts";
import { checkLogin } from "./functions/check-login.ts";
import { mirrorToVault } from "./functions/mirror-to-vault.ts";
import { notifyChat, notifyRedis, notifyWebhook } from "./functions/notify.ts";
import { refreshKubernetes } from "./functions/refresh-kubernetes.ts";
import { reconcile } from "./functions/reconcile.ts";
import { retirePrevious } from "./functions/retire-previous.ts";
import { accountCallers, invocation, rotationFunctions, rotationOutputs } from "./functions/rotation.ts";
import { lastQueueResources, queueResources } from "./queue-resources.ts";
import { indent, valueIf } from "./text.ts";

/** What stands in the template as it is written by hand: nothing in it is repeated. */
const section = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, "sections", `${name}.yaml`), "utf8");

const fed = [
  retirePrevious,
  reconcile,
  checkLogin,
  mirrorToVault,
  announceChange,
  notifyWebhook,
  notifyRedis,
  notifyChat,
  refreshKubernetes,
];

/** A right to put events that names no source is refused here what is not its own to say. */
function rekeysOwnEvents(): string {
  const roles = [...rotationFunctions, ...fed]
    .filter(({ publishes }) => publishes)
    .map((row) => {
      // The policy itself is there when the stack owns the bus.
      const condition = row.condition === "OwnsBus" ? undefined : row.condition;
      return `- ${valueIf(condition, `!GetAtt ${stemOf(row)}Role.Arn`)}`;
    });
  return section("rekeys-own-events").replace("            - roles\n", `${indent(12, roles.join("\n"))}\n`);
}

const withQueue = (row: FunctionRow): string =>
  row.queue === undefined
    ? `${functionResources(row)}\n${invocation(row)}`
    : `${functionResources(row)}\n${queueResources(row.queue, row.condition, row.timeoutSeconds)}`;

const rules = (own: readonly string[], condition?: string): readonly string[] =>
  own.map((rule) => valueIf(condition, `!GetAtt ${rule}.Arn`));

/** Every rule with a target: what it cannot deliver goes to one queue. */
const allRules = [
  ...rules(["ReconcileRule"]),
  ...rules(["RetireRule"], "Rotates"),
  ...rules(["LabelUpdatedRule", "SecretsTrailRule", "SubscribersRule"], "OwnsBus"),
  ...rules(["MirrorRule"], "MirrorToVault"),
  ...rules(["WebhookRule"], "HasWebhook"),
  ...rules(["RedisRule"], "HasRedis"),
  ...rules(["ChatRule"], "HasChat"),
  ...rules(["KubernetesRule"], "HasKubernetes"),
  ...rules(["ReplicasRule", "ReplicaBusesRule"], "HasReplicaBus"),
];

const resources: readonly (readonly [title: string, ...parts: readonly string[]])[] = [
  ["The bus, and who may speak on it. A role's session counts as the role.", section("bus"), rekeysOwnEvents()],
  ["What Lambda needs for itself; the last statement keeps the functions' code from it.", section("for-lambda")],
  [
    "Rotation. Secrets Manager gives a step as long as the function runs; rekey keeps the last seconds to report a failure.",
    ...rotationFunctions.map(withQueue),
    section("example-schedule"),
  ],
  ["Retirement of replaced credentials.", withQueue(retirePrevious), section("retire-previous")],
  ["Reconciliation: a look at every secret on a schedule.", withQueue(reconcile), section("reconcile")],
  ["Logins with AWSCURRENT after each look.", withQueue(checkLogin)],
  ["The mirror in Vault.", withQueue(mirrorToVault), section("mirror-to-vault")],
  [
    "Subscribers: each instance of a service subscribes a queue of its own. The topic carries ids only, and EventBridge cannot publish to a topic under the key aws/sns, so without a key of your own it has none.",
    section("subscribers"),
  ],
  ["Announcement of changes by hand.", withQueue(announceChange), section("announce-change")],
  ["Replicas in other regions.", section("replicas")],
  ["A webhook.", withQueue(notifyWebhook), section("notify-webhook")],
  ["A channel of Redis.", withQueue(notifyRedis), section("notify-redis")],
  ["Chat and on-call services.", withQueue(notifyChat), section("notify-chat")],
  ["Copies in Kubernetes.", withQueue(refreshKubernetes), section("refresh-kubernetes")],
  [
    "What nobody could take: messages after their last try, and events that a rule could not deliver.",
    lastQueueResources("DeadLetterQueue", []),
    lastQueueResources("UndeliveredEventsQueue", allRules),
  ],
  ["Alarms and the dashboard.", alarmResources(rotationFunctions), section("dashboard")],
];

const written = (): string => resources.map(([title, ...parts]) => `# ${title}\n${parts.join("\n")}`).join("\n");

/** `template.yaml`, before its format. */
export const templateText = (): string => `\
# Written by \`npm run docs\` from deploy/template: a table of functions, and sections for what there is once.
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: >-
  rekey rotates database credentials in AWS Secrets Manager, mirrors each new value to HashiCorp Vault and tells
  every subscriber which version is current now.

${section("parameters")}
${section("rules")}
${section("conditions")}
${section("globals")}
Resources:
${indent(2, written())}
Outputs:
${indent(2, rotationOutputs)}
${indent(2, section("outputs").replace("caller-roles", accountCallers))}`;
