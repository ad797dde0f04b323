/** What a run's own credentials do, besides what CloudFormation does with them for the stacks. */
export const smokeRights: readonly string[] = [
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
