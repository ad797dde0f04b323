import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PolicyDocument } from "../../local/aws/service.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { freePort } from "../support/free-port.ts";
import { assumedRole, type AssumedRoleOptions } from "../../shared/aws/sts/assumed-role.ts";

const tenant = "210987654321";
const caller = "arn:aws:iam::123456789012:role/rotator";
const allow = (Action: string, Resource: string): PolicyDocument => ({
  Statement: { Effect: "Allow", Action, Resource },
});
const trust: PolicyDocument = {
  Statement: {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:root" },
    Action: "sts:AssumeRole",
    Condition: { ArnLike: { "aws:PrincipalArn": caller }, StringEquals: { "sts:ExternalId": "ours" } },
  },
};

let stack: Stack;
let roleArn: string;
beforeAll(async () => {
  stack = await startStack();
  const policies = [allow("secretsmanager:*", "*")];
  roleArn = stack.aws.principals.createRole({ name: "rotation", accountId: tenant, trust, policies });
});
afterAll(() => stack.stop());

/** As a role of rekey's account with the right to assume roles, unless another policy is given. */
function assume(options: Partial<AssumedRoleOptions> = {}, policy = allow("sts:AssumeRole", "*"), role = "rotator") {
  const credentials = stack.aws.principals.assumeRole(role, "session", [policy]);
  const { endpoint, region } = stack.clientConfig;
  const common = { roleArn, externalId: "ours", sessionName: "rekey-rotate-postgres", endpoint, region };
  return assumedRole({ ...common, credentials: async () => credentials, ...options });
}

test("the keys are those of the role in its own account, for an hour, under the session's name", async () => {
  const credentials = await assume()();
  const leftMs = credentials.expiration.getTime() - Date.now();
  expect(leftMs).toBeGreaterThan(0);
  const client = new SecretsManager({ ...stack.clientConfig, credentials });
  const { ARN } = await client.createSecret({ Name: "db/orders", SecretString: "x" });
  client.destroy();
  expect(ARN).toContain(`:${tenant}:secret:db/orders-`);
  expect(stack.aws.requests.at(-1)?.principalArn).toBe(
    `arn:aws:sts::${tenant}:assumed-role/rotation/rekey-rotate-postgres`,
  );
});

const refused: readonly (readonly [string, Partial<AssumedRoleOptions>])[] = [
  ["without the external id", { externalId: undefined }],
  ["with another external id", { externalId: "theirs" }],
  ["of a role that does not exist", { roleArn: `arn:aws:iam::${tenant}:role/none` }],
];

test.each(refused)("%s nothing is assumed, and the error says what the role needs", async (_what, options) => {
  await expect(assume(options)()).rejects.toMatchObject({
    code: "access-denied",
    context: { operation: "AssumeRole", role: options.roleArn ?? roleArn },
    hint: expect.stringContaining("trust"),
  });
});

test("a role that is not trusted, and one that may not assume, are refused", async () => {
  await expect(assume({}, allow("sts:AssumeRole", "*"), "somebody")()).rejects.toMatchObject({ code: "access-denied" });
  await expect(assume({}, allow("sts:GetCallerIdentity", "*"))()).rejects.toMatchObject({ code: "access-denied" });
});

test("in the role's own account too the trust policy decides, and not the caller's rights alone", async () => {
  const own = stack.aws.principals.createRole({ name: "guarded", trust, policies: [] });
  const asked = assume({ roleArn: own }, allow("sts:AssumeRole", "*"), "somebody");
  await expect(asked()).rejects.toMatchObject({ code: "access-denied" });
});

test("an STS that is not there can be asked again, and the error names the role", async () => {
  await expect(assume({ endpoint: `http://127.0.0.1:${await freePort()}` })()).rejects.toMatchObject({
    code: "store-unavailable",
    context: { operation: "AssumeRole", role: roleArn },
  });
});

test("an external id of many characters arrives as it is", async () => {
  const externalId = "a+b:c/d@e";
  const asks: PolicyDocument = {
    Statement: {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "sts:ExternalId": externalId } },
    },
  };
  const odd = stack.aws.principals.createRole({ name: "odd", accountId: tenant, trust: asks, policies: [] });
  await expect(assume({ roleArn: odd, externalId })()).resolves.toHaveProperty("sessionToken");
});
