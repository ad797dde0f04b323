import { afterAll, beforeAll, expect, test } from "vitest";
import { type Request, type SdkStage, startSdkStage } from "../support/sdk-stage.ts";

let stage: SdkStage;
beforeAll(async () => {
  stage = await startSdkStage();
});
afterAll(async () => stage.stop());

const sent = ({ url, headers, body }: Request): object => {
  const { "x-amz-target": target, "content-type": type, "content-length": length } = headers;
  return { url, target, type, length, body: body === "" ? "" : (JSON.parse(body) as object) };
};

test.each([
  [
    "secrets-manager",
    "SecretsManagerClient",
    "PutSecretValueCommand",
    {
      SecretId: "db",
      ClientRequestToken: "t".repeat(36),
      SecretString: 'pässwörd "\\\u2028\u0000 😀',
      VersionStages: ["AWSPENDING"],
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "PutSecretValueCommand",
    {
      SecretId: "db",
      ClientRequestToken: "t".repeat(36),
      SecretBinary: Buffer.from([0, 255, 1]),
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "ListSecretsCommand",
    {
      Filters: [{ Key: "tag-key", Values: ["rekey"] }],
      MaxResults: 100,
      IncludePlannedDeletion: false,
      NextToken: undefined,
    },
  ],
  [
    "eventbridge",
    "EventBridgeClient",
    "PutEventsCommand",
    {
      Entries: [
        { Time: new Date("2026-12-01T02:03:04.567Z"), Source: "rekey", Detail: '{"a":1}', Resources: ["arn:x"] },
      ],
    },
  ],
  [
    "sqs",
    "SQSClient",
    "SendMessageCommand",
    {
      QueueUrl: "http://127.0.0.1/queue",
      MessageBody: "é",
      DelaySeconds: 0,
      MessageAttributes: { a: { DataType: "Binary", BinaryValue: Buffer.from("b") } },
    },
  ],
  [
    "dynamodb",
    "DynamoDBClient",
    "PutItemCommand",
    {
      TableName: "t",
      Item: { n: { N: "1.50" }, b: { B: Buffer.from("b") }, l: { L: [{ NULL: true }, { BOOL: false }] }, m: { M: {} } },
    },
  ],
  [
    "lambda",
    "LambdaClient",
    "InvokeCommand",
    {
      FunctionName: "arn:aws:lambda:us-east-1:123456789012:function:rotate",
      InvocationType: "RequestResponse",
      Payload: Buffer.from('{"Step":"testSecret"}'),
    },
  ],
] as const)("%s: %s %s is sent as the package sends it", async (name, client, command, input) => {
  stage.answers({ status: 200, body: {} });
  const [ofWhole, ofSlim] = await stage.both(name, async (sdk) => {
    const { requests } = await stage.outcomeOf(sdk, client, command, input);
    return requests.map(sent);
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).toHaveLength(1);
});

test.each([
  [
    "secrets-manager",
    "SecretsManagerClient",
    "DescribeSecretCommand",
    { SecretId: "db" },
    {
      ARN: "arn:x",
      CreatedDate: 1_798_761_600.123,
      LastRotatedDate: 1.7987616e9,
      NextRotationDate: null,
      RotationRules: { AutomaticallyAfterDays: 30 },
      Tags: [{ Key: "a", Value: "b" }],
      VersionIdsToStages: { v: ["AWSCURRENT"], __proto_: [] },
      SomethingNew: { a: 1 },
    },
  ],
  [
    "secrets-manager",
    "SecretsManagerClient",
    "GetSecretValueCommand",
    { SecretId: "db" },
    {
      SecretString: '{"n":12345678901234567890}',
      SecretBinary: "AP8B",
      CreatedDate: 1_798_761_600,
    },
  ],
  [
    "eventbridge",
    "EventBridgeClient",
    "PutEventsCommand",
    { Entries: [{}] },
    {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "InternalFailure", ErrorMessage: "m" }],
    },
  ],
  [
    "dynamodb",
    "DynamoDBClient",
    "GetItemCommand",
    { TableName: "t", Key: { id: { S: "x" } } },
    {
      Item: { n: { N: "12345678901234567890.5" }, b: { B: "AP8B" }, l: { L: [{ NULL: true }] }, ns: { NS: ["1"] } },
    },
  ],
] as const)("%s: what %s %s answers is read as the package reads it", async (name, client, command, input, body) => {
  stage.answers({ status: 200, body });
  const [ofWhole, ofSlim] = await stage.both(name, async (sdk) => {
    const { answer } = await stage.outcomeOf(sdk, client, command, input);
    return answer;
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).not.toBeInstanceOf(Error);
});
