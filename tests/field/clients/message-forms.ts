import { randomUUID } from "node:crypto";

export const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
const secretName = "prod/orders";

type Fields = Readonly<Record<string, unknown>>;

const envelope = (detailType: string, source: string, detail: Fields): Fields => ({
  version: "0",
  id: randomUUID(),
  "detail-type": detailType,
  source,
  account: "111122223333",
  time: new Date().toISOString(),
  region: "eu-west-1",
  resources: [secretArn],
  detail,
});

/** rekey's own event, as EventBridge sends it. */
export const rotated = (versionId: string): Fields =>
  envelope("Secret Rotated", "rekey", {
    schemaVersion: 1,
    secretArn,
    secretName,
    versionId,
    origin: "rotation",
    engine: "postgres",
    strategy: "single-user",
    at: new Date().toISOString(),
  });

/** Secrets Manager's own event. */
const labelUpdated = (versionId: string, label = "AWSCURRENT"): Fields =>
  envelope("Secret Label Updated", "aws.secretsmanager", { name: secretName, labelUpdated: label, versionId });

/** What CloudTrail records of a call. */
const recorded = (eventName: string, requestParameters: Fields, more: Fields = {}): Fields =>
  envelope("AWS API Call via CloudTrail", "aws.secretsmanager", {
    eventVersion: "1.08",
    eventTime: new Date().toISOString(),
    eventSource: "secretsmanager.amazonaws.com",
    eventName,
    requestParameters,
    responseElements: { arn: secretArn, name: secretName },
    ...more,
  });

export const inSns = (event: unknown): Fields => ({
  Type: "Notification",
  MessageId: randomUUID(),
  TopicArn: "arn:aws:sns:eu-west-1:111122223333:rotated",
  Message: typeof event === "string" ? event : JSON.stringify(event),
  Timestamp: new Date().toISOString(),
  SignatureVersion: "1",
});
const inSqsRecord = (body: unknown): Fields => ({
  messageId: randomUUID(),
  receiptHandle: "r",
  body: typeof body === "string" ? body : JSON.stringify(body),
  attributes: {},
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:eu-west-1:111122223333:q",
});
const inDestination = (requestPayload: unknown): Fields => ({
  version: "1.0",
  timestamp: new Date().toISOString(),
  requestContext: { requestId: randomUUID(), condition: "RetriesExhausted", approximateInvokeCount: 3 },
  requestPayload,
  responseContext: { statusCode: 200 },
});
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

/** Forms in which a rotation reaches people's queues. Each takes the version that became current. */
export const recognized: Readonly<Record<string, (versionId: string) => unknown>> = {
  "EventBridge's own, straight to the queue": rotated,
  "through SNS, in its envelope": (id) => inSns(rotated(id)),
  "through two topics, envelope in envelope": (id) => inSns(inSns(rotated(id))),
  "the detail alone, by InputPath": (id) => rotated(id)["detail"],
  "the detail alone, through SNS": (id) => inSns(rotated(id)["detail"]),
  "a transformer that makes the detail a text": (id) => ({
    ...rotated(id),
    detail: JSON.stringify(rotated(id)["detail"]),
  }),
  "a transformer that lifts the detail's fields": (id) => ({
    "detail-type": "Secret Rotated",
    ...(rotated(id)["detail"] as Fields),
  }),
  "a pipe's batch": (id) => [rotated(randomUUID()), rotated(id)].slice(1),
  "a pipe's batch of SQS records": (id) => [inSqsRecord(rotated(id))],
  "a record whose body a pipe has parsed": (id) => [{ ...inSqsRecord(""), body: rotated(id) }],
  "Lambda's records of SQS, with SNS inside": (id) => ({ Records: [inSqsRecord(inSns(rotated(id)))] }),
  "Lambda's records of SNS": (id) => ({ Records: [{ EventSource: "aws:sns", Sns: inSns(rotated(id)) }] }),
  "a function's destination": (id) => inDestination(rotated(id)),
  "a function's destination, of SQS records": (id) => inDestination({ Records: [inSqsRecord(inSns(rotated(id)))] }),
  "base64 of the event": (id) => base64(rotated(id)),
  "JSON within a JSON text": (id) => JSON.stringify(JSON.stringify(rotated(id))),
  "Secrets Manager's label event": labelUpdated,
  "Secrets Manager's label event, its detail alone": (id) => labelUpdated(id)["detail"],
  "CloudTrail: UpdateSecretVersionStage": (id) =>
    recorded("UpdateSecretVersionStage", { secretId: secretName, versionStage: "AWSCURRENT", moveToVersionId: id }),
  "CloudTrail: PutSecretValue": (id) => recorded("PutSecretValue", { secretId: secretArn, clientRequestToken: id }),
  "CloudTrail: PutSecretValue, with the ARN as it was spelled before": (id) =>
    recorded(
      "PutSecretValue",
      { secretId: secretName, clientRequestToken: id },
      { responseElements: { aRN: secretArn } },
    ),
};

/** Messages that are no rotation, or do not say which version is current, with the reason. */
export const unrecognized: Readonly<Record<string, readonly [unknown, string]>> = {
  "plain text": ["hello", "not-json"],
  nothing: ["", "not-json"],
  "cut JSON": ['{"detail-type":"Secret Rotated","detail":{', "not-json"],
  "base64 of a text": [Buffer.from("canary canary canary").toString("base64"), "not-json"],
  "a number": ["12345678901234567890", "not-a-rotation"],
  null: ["null", "not-a-rotation"],
  "an empty batch": ["[]", "not-a-rotation"],
  "S3's test event": [{ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "canary" }, "not-a-rotation"],
  "SNS's request to confirm": [
    { Type: "SubscriptionConfirmation", Message: "You have chosen …", Token: "canary" },
    "unconfirmed",
  ],
  "a template of one's own fields": [{ secret: secretArn, version: randomUUID() }, "not-a-rotation"],
  "another service's event": [envelope("EC2 Instance State-change Notification", "aws.ec2", {}), "not-a-rotation"],
  "an event of ours without its version": [{ "detail-type": "Secret Rotated", detail: { secretArn } }, "no-version"],
  "an event of ours without its secret": [
    { "detail-type": "Secret Rotated", detail: { versionId: "v" } },
    "no-version",
  ],
  "a version that is no text": [{ "detail-type": "Secret Rotated", detail: { secretArn, versionId: 7 } }, "no-version"],
  "a version of a kilobyte": [
    { "detail-type": "Secret Rotated", detail: { secretArn, versionId: "v".repeat(1_024) } },
    "no-version",
  ],
  "CloudTrail: RotationSucceeded": [
    {
      ...envelope("AWS Service Event via CloudTrail", "aws.secretsmanager", {
        eventSource: "secretsmanager.amazonaws.com",
        eventName: "RotationSucceeded",
        additionalEventData: { SecretId: secretArn },
      }),
    },
    "no-version",
  ],
  "CloudTrail: a description that was changed": [
    recorded("UpdateSecret", { secretId: secretArn, clientRequestToken: randomUUID() }),
    "no-version",
  ],
  "a megabyte": [`"${"x".repeat(1_100_000)}"`, "too-large"],
  "envelopes without end": [
    Array.from({ length: 12 }).reduce<unknown>((inner) => inSns(inner), rotated("v")),
    "not-a-rotation",
  ],
  "an envelope around itself, deeply": [`${"[".repeat(50_000)}${"]".repeat(50_000)}`, "not-a-rotation"],
};

/** Events of rekey and Secrets Manager that make no version current: counted, and no mistake. */
export const others: Readonly<Record<string, unknown>> = {
  "a label of AWSPENDING": labelUpdated(randomUUID(), "AWSPENDING"),
  "a label of one's own": labelUpdated(randomUUID(), "blue"),
  "CloudTrail: a pending version": recorded("PutSecretValue", {
    secretId: secretArn,
    clientRequestToken: randomUUID(),
    versionStages: ["AWSPENDING"],
  }),
  "CloudTrail: a call that failed": recorded(
    "PutSecretValue",
    { secretId: secretArn, clientRequestToken: randomUUID() },
    { errorCode: "AccessDenied" },
  ),
  "CloudTrail: AWSPREVIOUS that was moved": recorded("UpdateSecretVersionStage", {
    secretId: secretArn,
    versionStage: "AWSPREVIOUS",
    moveToVersionId: randomUUID(),
  }),
  "CloudTrail: a secret that was tagged": recorded("TagResource", { secretId: secretArn }),
};

export const asBody = (message: unknown): string => (typeof message === "string" ? message : JSON.stringify(message));
