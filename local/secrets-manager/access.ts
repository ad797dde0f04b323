import type { AwsCall } from "../aws/service.ts";
import { resourcePolicyOf } from "./resource-policy.ts";
import type { Backend } from "./operations.ts";
import type { Secret } from "./secret.ts";
import { tagsOf } from "./tag-operations.ts";

type Keys = Readonly<Record<string, string>>;

/** Members of a request that are condition keys under the same name, or another one. */
const requestKeys: Readonly<Record<string, string>> = {
  Name: "Name",
  Description: "Description",
  KmsKeyId: "KmsKeyArn",
  VersionId: "VersionId",
  VersionStage: "VersionStage",
  RotationLambdaARN: "RotationLambdaARN",
  ForceDeleteWithoutRecovery: "ForceDeleteWithoutRecovery",
  RecoveryWindowInDays: "RecoveryWindowInDays",
  BlockPublicPolicy: "BlockPublicPolicy",
  RotateImmediately: "RotateImmediately",
};

const idIn = ({ input }: AwsCall): string | undefined => {
  const id = input["SecretId"] ?? input["Name"];
  return typeof id === "string" ? id : undefined;
};

/** What IAM must know about a call to Secrets Manager. */
export interface Access {
  resources(call: AwsCall): readonly string[];
  conditionKeys(call: AwsCall): Keys;
  resourcePolicy(arn: string): ReturnType<typeof resourcePolicyOf>;
}

export function access({ table, accountId }: Pick<Backend, "table" | "accountId">): Access {
  const find = (call: AwsCall): Secret | undefined => {
    const id = idIn(call);
    return id === undefined ? undefined : table(call.region).find(id);
  };
  return {
    /** The full ARN whatever the request named; six unknown characters stand behind a name that has no secret. */
    resources(call) {
      const id = idIn(call);
      if (id === undefined) return [];
      const unknown = id.startsWith("arn:")
        ? id
        : `arn:aws:secretsmanager:${call.region}:${accountId}:secret:${id}-??????`;
      return [find(call)?.arn ?? unknown];
    },
    conditionKeys(call) {
      const keys: Record<string, string> = {};
      for (const [member, key] of Object.entries(requestKeys)) {
        const value = call.input[member];
        if (["string", "number", "boolean"].includes(typeof value)) keys[`secretsmanager:${key}`] = String(value);
      }
      for (const [key, value] of tagsOf(call.input)) keys[`aws:RequestTag/${key}`] = value;
      const secret = find(call);
      if (secret === undefined) return keys;
      keys["secretsmanager:SecretId"] = secret.arn;
      keys["secretsmanager:SecretPrimaryRegion"] = secret.primary?.region ?? secret.region;
      if (secret.rotation !== undefined) {
        keys["secretsmanager:resource/AllowRotationLambdaArn"] = secret.rotation.lambdaArn;
      }
      for (const [key, value] of secret.state.tags) {
        keys[`aws:ResourceTag/${key}`] = value;
        keys[`secretsmanager:ResourceTag/${key}`] = value;
      }
      return keys;
    },
    resourcePolicy(arn) {
      const secret = table(arn.split(":")[3] ?? "").find(arn);
      return secret === undefined ? undefined : resourcePolicyOf(secret);
    },
  };
}
