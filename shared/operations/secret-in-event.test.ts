import { expect, test } from "vitest";
import { arnOfSecret, secretArnOf } from "./secret-in-event.ts";

const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
const event = (secretArn: unknown): string => JSON.stringify({ detail: { secretArn } });

test("the secret of an event is read from its detail", () => {
  expect(secretArnOf(event(arnOf("db/app-AbCdEf")))).toBe(arnOf("db/app-AbCdEf"));
});

test.each([
  ["not JSON", "{"],
  ["no detail.secretArn", "7"],
  ["no detail.secretArn", '{"detail":null}'],
  ["no detail.secretArn", event([arnOf("db/app-AbCdEf")])],
  ["no detail.secretArn", event("db/app")],
])("an event is malformed with %s: %s", (problem, body) => {
  expect(() => secretArnOf(body)).toThrow(expect.objectContaining({ code: "event-malformed", context: { problem } }));
});

test.each([
  ["of one character", arnOf("a-AbCdEf")],
  ["of 512 characters", arnOf(`${"a".repeat(512)}-AbCdEf`)],
  [
    "of another partition and region",
    arnOf("a-AbC1Ef").replace(":aws:", ":aws-us-gov:").replace("us-east-1", "us-gov-west-1"),
  ],
])("an ARN with a name %s is one of a secret", (_what, arn) => {
  expect(arnOfSecret.test(arn)).toBe(true);
});

test.each([
  ["no name", arnOf("-AbCdEf")],
  ["a name that is too long", arnOf(`${"a".repeat(513)}-AbCdEf`)],
  ["a suffix of seven characters", arnOf("app-AbCdEf7")],
  ["a suffix of five characters", arnOf("app-AbCdE")],
  ["a suffix of other characters", arnOf("app-AbC_Ef")],
  ["something before it", `x${arnOf("app-AbCdEf")}`],
  ["an account of 13 digits", arnOf("app-AbCdEf").replace("123456789012", "1234567890123")],
  ["an account of letters", arnOf("app-AbCdEf").replace("123456789012", "12345678901x")],
  ["no region", arnOf("app-AbCdEf").replace("us-east-1", "")],
  ["no partition", arnOf("app-AbCdEf").replace("arn:aws:", "arn::")],
  ["a partition of digits", arnOf("app-AbCdEf").replace(":aws:", ":123:")],
  ["a region of other characters", arnOf("app-AbCdEf").replace("us-east-1", "us_east_1")],
  ["another service", arnOf("app-AbCdEf").replace("secretsmanager", "ssm")],
])("an ARN with %s is none of a secret", (_what, arn) => {
  expect(arnOfSecret.test(arn)).toBe(false);
});
