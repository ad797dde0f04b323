import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import { adminArnOf } from "../../rotation/admin-logins.ts";
import type { Account, Concurrency, DeadLetters } from "../../ports/account.ts";
import type { CheckedSecret } from "./check-secret.ts";
import { type CheckResult, checkResult } from "./check-results.ts";
import type { ManagedUsers } from "./managed-users.ts";
import { intentsOf, keyIntents } from "./role-intents.ts";

/** One login (5 s to connect), one statement (10 s) and the calls to Secrets Manager, with the time that is kept back to report a failure. */
const eachHostMs = 20_000;
const overheadMs = 10_000;

export async function checkFunction(
  account: Account,
  description: SecretDescription,
  { rotation, facts: secretFacts }: Pick<CheckedSecret, "rotation" | "facts">,
  call: CallOptions,
): Promise<readonly CheckResult[]> {
  const { secretArn, rotationFunctionArn } = description;
  if (rotationFunctionArn === undefined) return [];
  const facts = await account.rotationFunction(rotationFunctionArn, call);
  if (facts === undefined) return [checkResult("function-cannot-be-seen", { function: rotationFunctionArn })];
  const role = facts.roleArn;
  const neededMs = overheadMs + rotation.hosts.length * eachHostMs;
  const results: CheckResult[] = [];
  if (facts.timeoutMs < neededMs) {
    const detail = { timeoutSeconds: facts.timeoutMs / 1000, neededSeconds: neededMs / 1000 };
    results.push(checkResult("function-timeout-short", detail));
  }
  const calls = intentsOf(facts, rotationFunctionArn, secretArn, adminArnOf(rotation.current, secretFacts));
  const key = keyIntents(description);
  if (key === undefined) results.push(checkResult("key-cannot-be-seen", { key: description.kmsKeyId ?? "" }));
  for (const intent of [...calls, ...(key ?? [])]) {
    const denied = await account.deniedActions(role, intent, call);
    if (denied === undefined) return [...results, checkResult("iam-cannot-be-seen", { role })];
    if (denied.length === 0) continue;
    results.push(checkResult(intent.whenDenied, { role, actions: denied.join(" "), resource: intent.resourceArn }));
  }
  return results;
}

/** Other rotated secrets that name one of the same users on the same host and port. */
export function checkSharedUsers(
  users: ManagedUsers,
  { secretArn, rotationEnabled }: SecretDescription,
  { current }: Rotation,
): readonly CheckResult[] {
  if (rotationEnabled) users.claim(secretArn, current);
  return [...users.sharedWith(secretArn, current)].map(([secret, user]) =>
    checkResult("user-shared", { user, secret }),
  );
}

export async function checkDeadLetters(deadLetters: DeadLetters, call: CallOptions): Promise<readonly CheckResult[]> {
  const waiting = await deadLetters(call);
  if (waiting === undefined) return [checkResult("queues-cannot-be-seen")];
  return waiting.map(({ queueArn, messages }) => checkResult("dead-letters-waiting", { queue: queueArn, messages }));
}

/** What the queues of a stack may start at once. */
export const queuesTakeAtOnce = 37;

/** Functions without a reservation share what the account has; a step of a rotation that finds nothing left fails. */
export async function checkConcurrency(concurrency: Concurrency, call: CallOptions): Promise<readonly CheckResult[]> {
  const unreserved = await concurrency(call);
  if (unreserved === undefined) return [checkResult("concurrency-cannot-be-seen")];
  return unreserved > queuesTakeAtOnce
    ? []
    : [checkResult("concurrency-low", { unreserved, queues: queuesTakeAtOnce })];
}
