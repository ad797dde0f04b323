import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, SecretDescription, SecretStore } from "../../rotation/ports.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";
import type { Account } from "./account.ts";
import { unlessDenied } from "./check-secret.ts";
import { type Finding, finding } from "./findings.ts";

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
const secretsCompared = 200;

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

const managesUsers = (secret: DatabaseSecret): readonly string[] => secret.alternateUsers ?? [secret.username];

/** Other rotated secrets that name one of the same users on the same host and port. */
export async function checkSharedUsers(
  ports: { readonly account: Account; readonly store: SecretStore },
  { secretArn }: SecretDescription,
  { current }: Rotation,
  call: CallOptions,
): Promise<readonly Finding[]> {
  const others = (await ports.account.rotatedSecrets(secretsCompared, call)) ?? [];
  const findings: Finding[] = [];
  for (const other of others) {
    if (other === secretArn) continue;
    const version = await unlessDenied(ports.store.read(other, { label: "AWSCURRENT" }, call));
    if (version === undefined) continue;
    try {
      const secret = parseDatabaseSecret(version.value);
      const sameServer = secret.host.toLowerCase() === current.host.toLowerCase() && secret.port === current.port;
      const shared = managesUsers(secret).find((user) => managesUsers(current).includes(user));
      if (sameServer && shared !== undefined) findings.push(finding("user-shared", { user: shared, secret: other }));
    } catch (error) {
      if (!isRekeyError(error, "secret-malformed")) throw error;
    }
  }
  return findings;
}
