import { expect, test } from "vitest";
import { denial, type AccessRequest } from "./iam.ts";
import type { PolicyStatement, Principal } from "./service.ts";

const resource = "arn:aws:sqs:us-east-1:123456789012:orders";
const role: Principal = { arn: "arn:aws:sts::123456789012:assumed-role/app/session", accountId: "123456789012" };
const allow: PolicyStatement = { Effect: "Allow", Action: "sqs:SendMessage", Resource: resource };
const service = { service: "events.amazonaws.com" };

interface Case {
  readonly identity?: PolicyStatement | readonly PolicyStatement[];
  readonly attached?: PolicyStatement | readonly PolicyStatement[];
  readonly caller?: AccessRequest["caller"];
  readonly context?: AccessRequest["context"];
}
const decide = ({ identity = [], attached, caller, context = {} }: Case): string | undefined =>
  denial({
    caller: caller ?? { ...role, policies: [{ Statement: identity }] },
    action: "sqs:SendMessage",
    resource,
    resourcePolicy: attached === undefined ? undefined : { Statement: attached },
    context,
  });
const toService = (changes: Partial<PolicyStatement> = {}): PolicyStatement => ({
  ...allow,
  Principal: { Service: "events.amazonaws.com" },
  ...changes,
});
const principal = (Principal: unknown): PolicyStatement => ({ ...allow, Principal });
const when = (Condition: NonNullable<PolicyStatement["Condition"]>): PolicyStatement => ({ ...allow, Condition });

test.each<[string, Case]>([
  ["the exact action and resource", { identity: allow }],
  ["a wildcard action in other letters", { identity: { ...allow, Action: ["s3:*", "SQS:send*"] } }],
  ["a resource with ? and *", { identity: { ...allow, Resource: "arn:aws:sqs:*:123456789012:order?" } }],
  [
    "NotAction and NotResource of others",
    { identity: { Effect: "Allow", NotAction: "sqs:Delete*", NotResource: "arn:x" } },
  ],
  ["the resource's policy naming the role", { attached: principal({ AWS: "arn:aws:iam::123456789012:role/app" }) }],
  ["the resource's policy naming everybody", { attached: principal("*") }],
  ["the account's administrator", { caller: { ...role, arn: "arn:aws:iam::123456789012:root" } }],
  ["a service that the resource's policy names", { caller: service, attached: toService() }],
  [
    "two accounts when both agree",
    {
      caller: { arn: "arn:aws:iam::999999999999:user/u", accountId: "999999999999", policies: [{ Statement: allow }] },
      attached: principal({ AWS: "999999999999" }),
    },
  ],
])("%s is allowed", (_name, request) => {
  expect(decide(request)).toBeUndefined();
});

const noIdentityPolicy = "because no identity-based policy allows the sqs:SendMessage action";
const noResourcePolicy = "because no resource-based policy allows the sqs:SendMessage action";
test.each<[string, Case, string]>([
  ["nothing said", {}, noIdentityPolicy],
  ["another action", { identity: { ...allow, Action: "sqs:ReceiveMessage" } }, noIdentityPolicy],
  ["a part of the resource's name", { identity: { ...allow, Resource: resource.slice(0, -1) } }, noIdentityPolicy],
  ["the excluded action", { identity: { Effect: "Allow", NotAction: "sqs:*", Resource: "*" } }, noIdentityPolicy],
  [
    "an explicit deny beside an allow",
    { identity: [allow, { Effect: "Deny", Action: "*", Resource: "*" }] },
    "with an explicit deny in an identity-based policy",
  ],
  [
    "an explicit deny of the resource, even for the administrator",
    { caller: role, attached: { ...principal({ AWS: "123456789012" }), Effect: "Deny" } },
    "with an explicit deny in a resource-based policy",
  ],
  [
    "the whole account in the resource's policy, which leaves it to identity policies",
    { attached: principal({ AWS: "arn:aws:iam::123456789012:root" }) },
    noIdentityPolicy,
  ],
  ["a service without a policy", { caller: service }, noResourcePolicy],
  ["another service", { caller: { service: "sns.amazonaws.com" }, attached: toService() }, noResourcePolicy],
  [
    "another account that only its own policies allow",
    {
      caller: { arn: "arn:aws:iam::999999999999:user/u", accountId: "999999999999", policies: [{ Statement: allow }] },
    },
    noResourcePolicy,
  ],
])("%s is denied", (_name, request, reason) => {
  expect(decide(request)).toBe(reason);
});

test.each<[string, NonNullable<PolicyStatement["Condition"]>, AccessRequest["context"], boolean]>([
  ["equal text", { StringEquals: { "aws:SourceAccount": "1" } }, { "AWS:SourceAccount": "1" }, true],
  ["one of several values", { StringEquals: { k: ["a", "b"] } }, { k: "b" }, true],
  ["other text", { StringEquals: { k: "a" } }, { k: "b" }, false],
  ["an absent key", { StringEquals: { k: "a" } }, {}, false],
  ["an absent key with IfExists", { StringEqualsIfExists: { k: "a" } }, {}, true],
  ["an absent key negated", { StringNotEquals: { k: "a" } }, {}, true],
  ["none of several values", { StringNotEquals: { k: ["a", "b"] } }, { k: "b" }, false],
  ["a pattern", { StringLike: { k: "db/*" } }, { k: "db/orders" }, true],
  [
    "an ARN's pattern",
    { ArnLike: { k: "arn:aws:events:*:*:rule/rekey/*" } },
    { k: "arn:aws:events:r:1:rule/rekey/x" },
    true,
  ],
  ["another ARN", { ArnNotEquals: { k: "arn:a" } }, { k: "arn:b" }, true],
  ["a flag", { Bool: { k: true } }, { k: "true" }, true],
  ["a number in range", { NumericLessThanEquals: { k: 3 } }, { k: "3" }, true],
  ["a date in the past", { DateGreaterThan: { k: "2026-01-01T00:00:00Z" } }, { k: "2025-01-01T00:00:00Z" }, false],
  ["a key that must be absent", { Null: { k: true } }, {}, true],
  ["a key that must be there", { Null: { k: false } }, {}, false],
  ["two keys of which one differs", { StringEquals: { a: "1", b: "2" } }, { a: "1", b: "3" }, false],
  ["two operators of which one fails", { StringEquals: { a: "1" }, Bool: { b: true } }, { a: "1", b: "false" }, false],
])("a condition on %s is decided as IAM does", (_name, condition, context, allowed) => {
  expect(decide({ identity: when(condition), context }) === undefined).toBe(allowed);
});

test("a condition operator that is not emulated is an error, not a silent answer", () => {
  expect(() => decide({ identity: when({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }) })).toThrow("is not emulated");
});

test.each<[string, AccessRequest["caller"], Readonly<Record<string, string>>, boolean]>([
  ["a role's session counts as the role", role, { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/app" }, true],
  ["a caller is no service of AWS", role, { "aws:PrincipalIsAWSService": "false" }, true],
  ["every call comes over TLS", role, { "aws:SecureTransport": "true" }, true],
  ["a tag of the role is filled in", { ...role, tags: { team: "a" } }, { k: "x.${aws:PrincipalTag/team}" }, true],
  ["another tag", { ...role, tags: { team: "b" } }, { k: "x.${aws:PrincipalTag/team}" }, false],
  ["a tag that is not there equals nothing", role, { k: "x.${aws:PrincipalTag/team}" }, false],
  ["a tag that is not there has its default", role, { k: "x.${aws:PrincipalTag/team, 'a'}" }, true],
])("%s", (_what, caller, condition, allowed) => {
  const identity = when({ StringEquals: condition });
  const reason = decide({ caller: { ...caller, policies: [{ Statement: identity }] }, context: { k: "x.a" } });
  expect(reason === undefined).toBe(allowed);
});
