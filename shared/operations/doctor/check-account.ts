import type { CallOptions, SecretDescription } from "../../rotation/ports.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import { adminArnOf } from "../../rotation/admin-logins.ts";
import type { Account, DeadLetters, FunctionFacts, Intent } from "./account.ts";
import type { CheckedSecret } from "./check-secret.ts";
import { type Finding, finding } from "./findings.ts";
import type { ManagedUsers } from "./managed-users.ts";

/** The calls that a rotation function makes on its secret. */
const rotationActions = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetSecretValue",
  "secretsmanager:ListSecretVersionIds",
  "secretsmanager:PutSecretValue",
  "secretsmanager:UpdateSecretVersionStage",
] as const;

/** One login (5 s to connect), one statement (10 s) and the calls to Secrets Manager, with what is kept back to tell of a failure. */
const eachHostMs = 20_000;
const overheadMs = 10_000;

/** The bus that the function publishes on, by the variable that names it; none where it has no such variable. */
function busOf({ environment }: FunctionFacts, functionArn: string): string | undefined {
  const bus = environment.get("EVENT_BUS_NAME");
  if (bus === undefined || bus.startsWith("arn:")) return bus;
  const [, partition = "", , region = "", account = ""] = functionArn.split(":");
  return `arn:${partition}:events:${region}:${account}:event-bus/${bus}`;
}

/** What the function's role must be allowed for one rotation. */
function intentsOf(
  facts: FunctionFacts,
  functionArn: string,
  secretArn: string,
  adminArn: string | undefined,
): readonly Intent[] {
  const bus = busOf(facts, functionArn);
  return [
    {
      actions: rotationActions,
      resourceArn: secretArn,
      conditions: { "secretsmanager:resource/AllowRotationLambdaArn": functionArn },
    },
    ...(adminArn === undefined
      ? []
      : [{ actions: ["secretsmanager:GetSecretValue"], resourceArn: adminArn, conditions: {} }]),
    ...(bus === undefined
      ? []
      : [
          {
            actions: ["events:PutEvents"],
            resourceArn: bus,
            conditions: { "events:source": "rekey", "events:detail-type": "Secret Rotated" },
          },
        ]),
  ];
}

export async function checkFunction(
  account: Account,
  { secretArn, rotationFunctionArn }: SecretDescription,
  { rotation, facts: secretFacts }: Pick<CheckedSecret, "rotation" | "facts">,
  call: CallOptions,
): Promise<readonly Finding[]> {
  if (rotationFunctionArn === undefined) return [];
  const facts = await account.rotationFunction(rotationFunctionArn, call);
  if (facts === undefined) return [finding("function-cannot-be-seen", { function: rotationFunctionArn })];
  const role = facts.roleArn;
  const neededMs = overheadMs + rotation.hosts.length * eachHostMs;
  const findings: Finding[] = [];
  if (facts.timeoutMs < neededMs) {
    const detail = { timeoutSeconds: facts.timeoutMs / 1000, neededSeconds: neededMs / 1000 };
    findings.push(finding("function-timeout-short", detail));
  }
  for (const intent of intentsOf(facts, rotationFunctionArn, secretArn, adminArnOf(rotation.current, secretFacts))) {
    const denied = await account.deniedActions(role, intent, call);
    if (denied === undefined) return [...findings, finding("iam-cannot-be-seen", { role })];
    if (denied.length === 0) continue;
    findings.push(finding("iam-denied", { role, actions: denied.join(" "), resource: intent.resourceArn }));
  }
  return findings;
}

/** Other rotated secrets that name one of the same users on the same host and port. */
export function checkSharedUsers(
  users: ManagedUsers,
  { secretArn, rotationEnabled }: SecretDescription,
  { current }: Rotation,
): readonly Finding[] {
  if (rotationEnabled) users.claim(secretArn, current);
  return [...users.sharedWith(secretArn, current)].map(([secret, user]) => finding("user-shared", { user, secret }));
}

export async function checkDeadLetters(deadLetters: DeadLetters, call: CallOptions): Promise<readonly Finding[]> {
  const waiting = await deadLetters(call);
  if (waiting === undefined) return [finding("queues-cannot-be-seen")];
  return waiting.map(({ queueArn, messages }) => finding("dead-letters-waiting", { queue: queueArn, messages }));
}
