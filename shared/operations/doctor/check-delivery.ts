import { RekeyError } from "../../errors/rekey-error.ts";
import type { Account, FunctionFacts } from "../../ports/account.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { MirrorProbe } from "../../ports/mirror.ts";
import { rotatedByAws, type SecretDescription, type SecretStore, versionWithLabel } from "../../ports/secret-store.ts";
import { arnPatterns } from "../../secrets/arn-patterns.ts";
import { isMirrored } from "../mirroring/is-mirrored.ts";
import { asResults, checkMirror } from "./check-mirror.ts";
import { type CheckResult, checkResult } from "./check-results.ts";
import { tagAndReplicaResults } from "./check-secret.ts";
import { keyIntents, type RoleIntent } from "./role-intents.ts";

export interface DeliveryPorts {
  readonly store: Pick<SecretStore, "describe">;
  readonly account?: Account;
  readonly mirror?: Pick<MirrorProbe, "probe">;
  /** The stack whose functions announce the secret and mirror it, in the secret's own account and region. */
  readonly stack: string;
}

interface Delivery {
  readonly name: "announce-change" | "mirror-to-vault";
  readonly intents: readonly RoleIntent[] | undefined;
}

function callsOn(secretArn: string, ...actions: readonly string[]): RoleIntent {
  return { actions, resourceArn: secretArn, conditions: {}, whenDenied: "iam-denied" };
}

function deliveriesOf(description: SecretDescription): readonly Delivery[] {
  const { secretArn } = description;
  const describe = callsOn(secretArn, "secretsmanager:DescribeSecret");
  const key = keyIntents(description, ["kms:Decrypt"]);
  const read = callsOn(secretArn, "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue");
  return [
    { name: "announce-change", intents: [describe] },
    ...(isMirrored(description)
      ? [{ name: "mirror-to-vault", intents: key === undefined ? undefined : [read, ...key] } as const]
      : []),
  ];
}

async function checkRole(
  account: Account,
  { environment, roleArn: role }: FunctionFacts,
  { name, intents }: Delivery,
  { secretArn, kmsKeyId = "" }: SecretDescription,
  call: CallOptions,
): Promise<readonly CheckResult[]> {
  const patterns = (environment.get("REKEY_SECRETS") ?? "").split(",").filter((pattern) => pattern !== "");
  if (!arnPatterns(patterns)(secretArn)) return [checkResult("not-delivered", { function: name })];
  if (intents === undefined) return [checkResult("key-cannot-be-seen", { key: kmsKeyId })];
  const results: CheckResult[] = [];
  for (const intent of intents) {
    const denied = await account.deniedActions(role, intent, call);
    if (denied === undefined) return [...results, checkResult("iam-cannot-be-seen", { role })];
    if (denied.length === 0) continue;
    results.push(checkResult(intent.whenDenied, { role, actions: denied.join(" "), resource: intent.resourceArn }));
  }
  return results;
}

async function checkFunctions(
  account: Account,
  stack: string,
  description: SecretDescription,
  call: CallOptions,
): Promise<readonly CheckResult[]> {
  const [, partition = "", , region = "", accountId = ""] = description.secretArn.split(":");
  const results: CheckResult[] = [];
  for (const delivery of deliveriesOf(description)) {
    const functionArn = `arn:${partition}:lambda:${region}:${accountId}:function:${stack}-${delivery.name}`;
    const facts = await account.rotationFunction(functionArn, call);
    if (facts !== undefined) results.push(...(await checkRole(account, facts, delivery, description, call)));
    // A stack without a Vault has no function that mirrors.
    else if (delivery.name === "announce-change") {
      return [checkResult("function-cannot-be-seen", { function: functionArn })];
    }
  }
  return results;
}

/**
 * Everything that keeps a new version, made by AWS, of a secret that others manage from its readers, found without a change: whether the stack's
 * functions look after it and may read it, its key, the mirror's path, replicas. The value is not read, since its form is not
 * rekey's, and no server is asked. An empty list: it is announced and mirrored. What does not let itself be asked is a result.
 */
export async function examineDelivery(
  { store, account, mirror, stack }: DeliveryPorts,
  secretId: string,
  call: CallOptions,
): Promise<readonly CheckResult[]> {
  return asResults(async () => {
    const description = await store.describe(secretId, call);
    const { secretArn, deletedAt, managedBy = "" } = description;
    if (deletedAt !== undefined) {
      throw new RekeyError("store-rejected", { context: { secret: secretArn, reason: "marked for deletion" } });
    }
    if (versionWithLabel(description, "AWSCURRENT") === undefined) {
      throw new RekeyError("secret-not-found", { context: { secret: secretArn, label: "AWSCURRENT" } });
    }
    return [
      ...(rotatedByAws(description) === undefined ? [checkResult("not-rotated-by-aws", { managedBy })] : []),
      ...tagAndReplicaResults(description),
      ...(account === undefined ? [] : await asResults(async () => checkFunctions(account, stack, description, call))),
      ...(mirror === undefined ? [] : await asResults(async () => checkMirror(mirror, description, call))),
    ];
  });
}
