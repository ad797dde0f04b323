import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { BatchReadingApi } from "../../aws/signed/secrets-manager-api.ts";

/** Secrets Manager's reading operations over the AWS SDK. */
export const sdkReads = (sdk: SecretsManagerClient): BatchReadingApi => ({
  getSecretValue: async (input, options) => sdk.send(new GetSecretValueCommand(input), options),
  describeSecret: async (input, options) => sdk.send(new DescribeSecretCommand(input), options),
  batchGetSecretValue: async (input, options) => sdk.send(new BatchGetSecretValueCommand(input), options),
});
