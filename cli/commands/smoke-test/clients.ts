import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";

/** Of S3, where it is not AWS's own: the local stack's. */
export const s3Endpoint = (): string | undefined =>
  process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"];

/** Everything that a run asks of AWS, with the caller's credentials. */
export const smokeClients = () => ({
  cloudFormation: new CloudFormationClient(operatorLimits),
  cloudWatch: new CloudWatchClient(operatorLimits),
  dynamoDb: new DynamoDBClient(operatorLimits),
  eventBridge: new EventBridgeClient(operatorLimits),
  // With the bucket in the path: a name in the host would not resolve elsewhere than on AWS.
  s3: new S3Client({ ...operatorLimits, forcePathStyle: true }),
  secretsManager: new SecretsManagerClient(operatorLimits),
  sns: new SNSClient(operatorLimits),
  sqs: new SQSClient(operatorLimits),
  sts: new STSClient(operatorLimits),
});

export type SmokeClients = ReturnType<typeof smokeClients>;
