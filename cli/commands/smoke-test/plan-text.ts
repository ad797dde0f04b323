import type { CallerAccount } from "../../../shared/aws/sts/caller-account.ts";
import { smokeCosts } from "./costs.ts";
import { smokeTestTag } from "../../../shared/tags/tag-names.ts";
import type { SmokeNames } from "./smoke-names.ts";
import type { SmokePlan, Variant } from "./variants.ts";

/** What a run's own credentials do, besides what CloudFormation does with them for the stacks. */
const smokeRights: readonly string[] = [
  "sts:GetCallerIdentity",
  "s3:CreateBucket, DeleteBucket, GetBucketTagging, PutBucketTagging, PutBucketPublicAccessBlock, ListBucket, GetObject, PutObject, DeleteObject",
  "cloudformation:ValidateTemplate, CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DescribeStacks, DescribeStackEvents, ListStackResources, DeleteStack",
  "secretsmanager:CreateSecret, TagResource, DescribeSecret, RotateSecret, ListSecretVersionIds, DeleteSecret; GetSecretValue on --database-secret",
  "lambda:InvokeFunction (for RotateSecret), CreateFunctionUrlConfig, AddPermission",
  "dynamodb:BatchGetItem, UpdateItem",
  "sqs:ReceiveMessage, DeleteMessage",
  "events:PutEvents",
  "cloudwatch:DescribeAlarms",
  "for the stacks: docs/how-to/deploy.md",
];

const targets: Readonly<Record<Variant["target"], string>> = {
  database: "rotates a copy of the secret of your database, whose user has another password afterwards",
  "key-api": "rotates a key of an API of its own, behind a public function URL",
  none: "deployed only: name a database that its subnets reach to rotate",
};

const what: Readonly<Record<Variant["name"], string>> = {
  plain: "without a data key and a VPC",
  "data-key": "with a data key of its own",
  vpc: "in your subnets",
};

/** What a run makes, costs and needs. `types`: of the template's resources. */
export function smokePlanText(
  { account, region, callerArn }: CallerAccount,
  { id, bucket, secretPrefix, stack }: SmokeNames,
  plan: SmokePlan,
  types: readonly string[],
): readonly string[] {
  const costs = smokeCosts(types, plan);
  const total = costs.reduce((sum, { usd }) => sum + usd, 0);
  return [
    `Account ${account}, region ${region}, as ${callerArn}`,
    `Run ${id}. If it is killed: rekey smoke-test --clean-up ${id}`,
    "",
    `It makes, tagged ${smokeTestTag}=${id}, and removes at the end:`,
    `  bucket ${bucket}: functions and templates`,
    `  stack ${stack("keys")}: the API that issues keys`,
    ...plan.variants.flatMap(({ name, target }) => [
      `  stack ${stack(name)} ${what[name]}, ${types.length} resources at most; ${targets[target]}`,
      ...(name === "data-key" ? [`  stack ${stack("key")}: a KMS key, whose deletion is then scheduled`] : []),
      ...(target === "none"
        ? []
        : [`  stack ${stack(`${name}-queue`)}: a subscriber's queue; secret ${secretPrefix}${name}`]),
    ]),
    "It touches nothing else. One variant stands at a time, for some ten minutes.",
    "",
    `It costs about $${total.toFixed(2)} (us-east-1, an hour for each variant):`,
    ...costs.map(({ what: part, usd, asOf }) => `  $${usd.toFixed(4)}  ${part} (${asOf})`),
    "",
    "It needs:",
    ...smokeRights.map((right) => `  ${right}`),
  ];
}
