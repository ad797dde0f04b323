/** Calls that an operation makes only for a property which no resource of the type has. */
export const onlyForProperty: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "AWS::DynamoDB::Table": {
    ContributorInsightsSpecification: ["dynamodb:UpdateContributorInsights"],
    ImportSourceSpecification: [
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeImport",
      "dynamodb:GetItem",
      "dynamodb:ImportTable",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogGroups",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "logs:PutRetentionPolicy",
      "s3:GetObject",
      "s3:GetObjectMetadata",
      "s3:ListBucket",
    ],
    KinesisStreamSpecification: [
      "dynamodb:DisableKinesisStreamingDestination",
      "dynamodb:EnableKinesisStreamingDestination",
      "dynamodb:UpdateKinesisStreamingDestination",
      "iam:CreateServiceLinkedRole",
      "kinesis:DescribeStream",
      "kinesis:PutRecords",
    ],
    PointInTimeRecoverySpecification: ["dynamodb:UpdateContinuousBackups"],
    ResourcePolicy: ["dynamodb:DeleteResourcePolicy", "dynamodb:PutResourcePolicy"],
    StreamSpecification: ["dynamodb:AssociateTableReplica", "dynamodb:CreateTableReplica"],
  },
  "AWS::Events::Archive": {
    KmsKeyIdentifier: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
  },
  "AWS::Events::EventBus": {
    KmsKeyIdentifier: [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncrypt",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ],
  },
  "AWS::IAM::ManagedPolicy": {
    Groups: ["iam:AttachGroupPolicy", "iam:DetachGroupPolicy"],
    Roles: ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
    Users: ["iam:AttachUserPolicy", "iam:DetachUserPolicy"],
  },
  "AWS::Lambda::EventSourceMapping": { KmsKeyArn: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"] },
  "AWS::Lambda::Function": {
    CapacityProviderConfig: ["lambda:PassCapacityProvider"],
    CodeSigningConfigArn: [
      "lambda:DeleteFunctionCodeSigningConfig",
      "lambda:GetCodeSigningConfig",
      "lambda:PutFunctionCodeSigningConfig",
    ],
    FileSystemConfigs: ["elasticfilesystem:DescribeMountTargets", "s3files:ListMountTargets"],
    FunctionScalingConfig: ["lambda:PutFunctionScalingConfig"],
    Layers: ["lambda:GetLayerVersion"],
    PublishToLatestPublished: ["lambda:PublishVersion"],
    RuntimeManagementConfig: ["lambda:AssociateRuntimeAlias", "lambda:PutRuntimeManagementConfig"],
  },
  "AWS::Logs::LogGroup": {
    BearerTokenAuthenticationEnabled: ["logs:PutBearerTokenAuthentication"],
    DataProtectionPolicy: [
      "firehose:TagDeliveryStream",
      "logs:CreateLogDelivery",
      "logs:DeleteDataProtectionPolicy",
      "logs:PutDataProtectionPolicy",
      "s3:REST.PUT.OBJECT",
    ],
    DeletionProtectionEnabled: ["logs:PutLogGroupDeletionProtection"],
    FieldIndexPolicies: ["logs:DeleteIndexPolicy", "logs:PutIndexPolicy"],
    ResourcePolicyDocument: ["logs:DeleteResourcePolicy", "logs:PutResourcePolicy"],
  },
  "AWS::SNS::Topic": {
    DataProtectionPolicy: ["sns:PutDataProtectionPolicy"],
    DeliveryStatusLogging: ["iam:GetRole", "iam:PassRole"],
    Subscription: ["sns:Subscribe", "sns:Unsubscribe"],
  },
  "AWS::SecretsManager::RotationSchedule": { ExternalSecretRotationRoleArn: ["iam:PassRole"] },
};

/** Calls that are refused, whatever an operation would do with them. */
export const refused: Readonly<Record<string, readonly string[]>> = {
  // A stack within has no role of its own: CloudFormation uses that of the stack around it.
  "AWS::CloudFormation::Stack": ["iam:PassRole"],
  // A role without its boundary could be given any right.
  "AWS::IAM::Role": ["iam:DeleteRolePermissionsBoundary"],
};
