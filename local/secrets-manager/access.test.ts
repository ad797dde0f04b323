import { expect, test } from "vitest";
import type { PolicyDocument } from "../aws/service.ts";
import { accountId, openStage, type TestStage } from "./test-stage.ts";

const base = `arn:aws:secretsmanager:us-east-1:${accountId}:secret:`;
const denied = { name: "AccessDeniedException" };

const allow = (Resource: string, Action = "secretsmanager:*", Condition?: Record<string, Record<string, string>>) => ({
  Statement: [{ Effect: "Allow" as const, Action, Resource, ...(Condition === undefined ? {} : { Condition }) }],
});
function clientWith(stage: TestStage, policy: PolicyDocument): ReturnType<TestStage["clientFor"]> {
  return stage.clientFor({ credentials: stage.front.principals.createUser("someone", [policy]) });
}
const create = async (stage: TestStage, Name: string): Promise<string> =>
  (await stage.client.createSecret({ Name, SecretString: "value", Tags: [{ Key: "team", Value: "orders" }] })).ARN ??
  "";

test("a policy on the ARN without its six characters does not match the secret, with -?????? it does", async () => {
  const stage = await openStage();
  const arn = await create(stage, "MySecret");
  for (const SecretId of ["MySecret", arn, arn.slice(0, -7)]) {
    await expect(clientWith(stage, allow(`${base}MySecret`)).getSecretValue({ SecretId })).rejects.toMatchObject(
      denied,
    );
    const answer = await clientWith(stage, allow(`${base}MySecret-??????`)).getSecretValue({ SecretId });
    expect(answer.SecretString).toBe("value");
  }
});

test("a name that has no secret yet is judged as if it had six characters", async () => {
  const stage = await openStage();
  const client = clientWith(stage, allow(`${base}new/*-??????`));
  await expect(client.getSecretValue({ SecretId: "new/app" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  await client.createSecret({ Name: "new/app", SecretString: "value" });
  await expect(client.createSecret({ Name: "old/app", SecretString: "value" })).rejects.toMatchObject(denied);
});

test.each([
  ["its staging label", "secretsmanager:VersionStage", "AWSCURRENT"],
  ["the secret's tag", "secretsmanager:ResourceTag/team", "orders"],
  ["the secret's region", "secretsmanager:SecretPrimaryRegion", "us-east-1"],
])("a condition on %s decides", async (_what, key, value) => {
  const stage = await openStage();
  await create(stage, "app");
  const get = { SecretId: "app", VersionStage: "AWSCURRENT" };
  const policy = (wanted: string) => allow("*", "secretsmanager:GetSecretValue", { StringEquals: { [key]: wanted } });
  await clientWith(stage, policy(value)).getSecretValue(get);
  await expect(clientWith(stage, policy("other")).getSecretValue(get)).rejects.toMatchObject(denied);
});

test("a resource policy lets in whom it names, and keeps out whom it denies", async () => {
  const stage = await openStage();
  const arn = await create(stage, "app");
  const someone = `arn:aws:iam::${accountId}:user/someone`;
  const attach = async (Effect: string): Promise<unknown> => {
    const Statement = { Effect, Principal: { AWS: someone }, Action: "secretsmanager:GetSecretValue", Resource: "*" };
    return stage.client.putResourcePolicy({ SecretId: arn, ResourcePolicy: JSON.stringify({ Statement }) });
  };
  const stranger = clientWith(stage, allow("*", "secretsmanager:ListSecrets"));
  const member = clientWith(stage, allow("*"));
  await expect(stranger.getSecretValue({ SecretId: "app" })).rejects.toMatchObject(denied);
  await attach("Allow");
  expect((await stranger.getSecretValue({ SecretId: "app" })).SecretString).toBe("value");
  await attach("Deny");
  await expect(member.getSecretValue({ SecretId: "app" })).rejects.toMatchObject(denied);
});

test("a batch answers what the caller may read and an error for each of the others", async () => {
  const stage = await openStage();
  const arn = await create(stage, "mine");
  await create(stage, "other");
  const client = clientWith(stage, {
    Statement: [
      { Effect: "Allow", Action: "secretsmanager:BatchGetSecretValue", Resource: "*" },
      { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: arn },
    ],
  });
  const batch = await client.batchGetSecretValue({ SecretIdList: ["mine", "other"] });
  expect(batch.SecretValues?.map(({ Name }) => Name)).toEqual(["mine"]);
  expect(batch.Errors).toMatchObject([{ SecretId: "other", ErrorCode: "AccessDeniedException" }]);
});

test("BlockPublicPolicy refuses everybody, unless a condition keeps the statement inside", async () => {
  const stage = await openStage();
  await create(stage, "app");
  const attach = async (statement: object): Promise<unknown> => {
    const Statement = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*", ...statement };
    const ResourcePolicy = JSON.stringify({ Statement });
    return stage.client.putResourcePolicy({ SecretId: "app", ResourcePolicy, BlockPublicPolicy: true });
  };
  for (const Principal of ["*", { AWS: "*" }, { AWS: ["*"] }]) {
    await expect(attach({ Principal })).rejects.toMatchObject({ name: "PublicPolicyException" });
  }
  const Condition = { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } };
  await attach({ Principal: "*", Condition });
  await expect(attach({})).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
});

test("ValidateResourcePolicy names what is wrong: broad access, and a caller who locks himself out", async () => {
  const stage = await openStage();
  await create(stage, "app");
  const check = async (Effect: string): Promise<unknown> => {
    const Statement = { Effect, Principal: "*", Action: "secretsmanager:*", Resource: "*" };
    const ResourcePolicy = JSON.stringify({ Statement });
    const { ValidationErrors = [] } = await stage.client.validateResourcePolicy({ SecretId: "app", ResourcePolicy });
    return ValidationErrors.map(({ CheckName }) => CheckName);
  };
  expect(await check("Allow")).toEqual(["PUBLIC_POLICY"]);
  expect(await check("Deny")).toEqual(["LOCKOUT"]);
});
