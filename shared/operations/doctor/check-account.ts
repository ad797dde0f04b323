import type { CallOptions, SecretDescription } from "../../rotation/ports.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import type { Account, DeadLetters } from "./account.ts";
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

export async function checkFunction(
  account: Account,
  { secretArn, rotationFunctionArn }: SecretDescription,
  hosts: number,
  call: CallOptions,
): Promise<readonly Finding[]> {
  if (rotationFunctionArn === undefined) return [];
  const facts = await account.rotationFunction(rotationFunctionArn, call);
  if (facts === undefined) return [finding("function-cannot-be-seen", { function: rotationFunctionArn })];
  const neededMs = overheadMs + hosts * eachHostMs;
  const denied = await account.deniedActions(facts.roleArn, rotationActions, secretArn, call);
  return [
    ...(facts.timeoutMs < neededMs
      ? [finding("function-timeout-short", { timeoutSeconds: facts.timeoutMs / 1000, neededSeconds: neededMs / 1000 })]
      : []),
    ...(denied === undefined ? [finding("iam-cannot-be-seen", { role: facts.roleArn })] : []),
    ...(denied !== undefined && denied.length > 0
      ? [finding("iam-denied", { role: facts.roleArn, actions: denied.join(" "), resource: secretArn })]
      : []),
  ];
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
