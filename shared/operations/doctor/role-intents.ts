import type { SecretDescription } from "../../ports/secret-store.ts";
import type { FunctionFacts, Intent } from "../../ports/account.ts";

export interface RoleIntent extends Intent {
  readonly whenDenied: "iam-denied" | "key-not-granted";
}

/** The calls that a rotation function makes on its secret. */
const rotationActions = [
  "secretsmanager:DescribeSecret",
  "secretsmanager:GetSecretValue",
  "secretsmanager:ListSecretVersionIds",
  "secretsmanager:PutSecretValue",
  "secretsmanager:UpdateSecretVersionStage",
] as const;

/** The bus that the function publishes on, by the variable that names it; none where it has no such variable. */
function busOf({ environment }: FunctionFacts, functionArn: string): string | undefined {
  const bus = environment.get("EVENT_BUS_NAME");
  if (bus === undefined || bus.startsWith("arn:")) return bus;
  const [, partition = "", , region = "", account = ""] = functionArn.split(":");
  return `arn:${partition}:events:${region}:${account}:event-bus/${bus}`;
}

const whenDenied = "iam-denied";

const read = (secretArn: string): RoleIntent => ({
  actions: ["secretsmanager:GetSecretValue"],
  resourceArn: secretArn,
  conditions: {},
  whenDenied,
});

/** What the function's role must be allowed for one rotation, besides the secret's key. */
export function intentsOf(
  facts: FunctionFacts,
  functionArn: string,
  secretArn: string,
  adminArn: string | undefined,
): readonly RoleIntent[] {
  const bus = busOf(facts, functionArn);
  const roots = facts.environment.get("REKEY_TLS_CA");
  return [
    {
      actions: rotationActions,
      resourceArn: secretArn,
      conditions: { "secretsmanager:resource/AllowRotationLambdaArn": functionArn },
      whenDenied,
    },
    ...(adminArn === undefined ? [] : [read(adminArn)]),
    ...(roots?.startsWith("arn:") === true ? [read(roots)] : []),
    ...(bus === undefined
      ? []
      : [
          {
            actions: ["events:PutEvents"],
            resourceArn: bus,
            conditions: { "events:source": "rekey", "events:detail-type": "Secret Rotated" },
            whenDenied,
          } as const,
        ]),
  ];
}

/** The ARN of a key that is named by its ARN or its id. An alias is no such name: it can move to another key. */
function keyArnOf(kmsKeyId: string, secretArn: string): string | undefined {
  if (kmsKeyId.includes("alias/")) return undefined;
  const [, partition = "", , region = "", account = ""] = secretArn.split(":");
  return kmsKeyId.startsWith("arn:") ? kmsKeyId : `arn:${partition}:kms:${region}:${account}:key/${kmsKeyId}`;
}

/**
 * What the role must be allowed on the secret's own key, which Secrets Manager uses on its behalf; `undefined` where the key
 * has an alias alone. None for the account's own key, which takes no right.
 */
export function keyIntents(
  { secretArn, kmsKeyId }: SecretDescription,
  actions: readonly string[] = ["kms:Decrypt", "kms:GenerateDataKey"],
): readonly RoleIntent[] | undefined {
  if (kmsKeyId === undefined || kmsKeyId.endsWith("alias/aws/secretsmanager")) return [];
  const resourceArn = keyArnOf(kmsKeyId, secretArn);
  if (resourceArn === undefined) return undefined;
  const [, partition = "", , region = ""] = secretArn.split(":");
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return [
    {
      actions,
      resourceArn,
      conditions: {
        "kms:ViaService": `secretsmanager.${region}.${suffix}`,
        "kms:EncryptionContext:SecretARN": secretArn,
      },
      whenDenied: "key-not-granted",
    },
  ];
}
