import { keyApiCode } from "./package-files.ts";

const roleFor = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
const getAtt = (resource: string, attribute: string): object => ({ "Fn::GetAtt": [resource, attribute] });

/**
 * The API whose keys a run rotates. Its URL takes requests from everywhere, because a rotation function signs none: whoever
 * has no key gets 401.
 */
export const keyApiTemplate = (bucket: string): object => ({
  AWSTemplateFormatVersion: "2010-09-09",
  Description: "An API that issues two keys at a time, for rekey smoke-test.",
  Resources: {
    Keys: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        AttributeDefinitions: [{ AttributeName: "account", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "account", KeyType: "HASH" }],
      },
    },
    Logs: {
      Type: "AWS::Logs::LogGroup",
      Properties: { LogGroupName: { "Fn::Sub": "/aws/lambda/${AWS::StackName}" }, RetentionInDays: 1 },
    },
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: roleFor,
        Policies: [
          {
            PolicyName: "own",
            PolicyDocument: {
              Version: "2012-10-17",
              Statement: [
                {
                  Effect: "Allow",
                  Action: ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"],
                  Resource: getAtt("Keys", "Arn"),
                },
                {
                  Effect: "Allow",
                  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
                  Resource: getAtt("Logs", "Arn"),
                },
              ],
            },
          },
        ],
      },
    },
    Function: {
      Type: "AWS::Lambda::Function",
      DependsOn: "Logs",
      Properties: {
        FunctionName: { Ref: "AWS::StackName" },
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        Handler: "index.handler",
        MemorySize: 256,
        Timeout: 10,
        Role: getAtt("Role", "Arn"),
        Code: { S3Bucket: bucket, S3Key: keyApiCode },
        Environment: { Variables: { KEY_TABLE: { Ref: "Keys" } } },
      },
    },
    Url: {
      Type: "AWS::Lambda::Url",
      Properties: { AuthType: "NONE", TargetFunctionArn: getAtt("Function", "Arn") },
    },
    // AWS wants both since October 2025: the URL's own permission, and the function's as far as it is invoked by its URL.
    UrlIsInvoked: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunctionUrl",
        FunctionName: { Ref: "Function" },
        FunctionUrlAuthType: "NONE",
        Principal: "*",
      },
    },
    FunctionIsInvokedByItsUrl: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: { Ref: "Function" },
        InvokedViaFunctionUrl: true,
        Principal: "*",
      },
    },
  },
  Outputs: {
    Url: { Value: getAtt("Url", "FunctionUrl") },
    TableName: { Value: { Ref: "Keys" } },
  },
});
