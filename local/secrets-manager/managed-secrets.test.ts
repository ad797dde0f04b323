import { expect, test } from "vitest";
import { lambdaArn, openStage, recordedEvents } from "./test-stage.ts";

const ExternalSecretRotationMetadata = [{ Key: "appId", Value: "orders" }];
const ExternalSecretRotationRoleArn = "arn:aws:iam::123456789012:role/rotate-external";

test("a managed external secret shows its type, and the partner's settings after RotateSecret", async () => {
  const { client } = await openStage();
  await client.createSecret({ Name: "app", Type: "SalesforceClientSecret", SecretString: "{}" });
  await client.rotateSecret({
    SecretId: "app",
    ExternalSecretRotationMetadata,
    ExternalSecretRotationRoleArn,
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediately: false,
  });
  const shown = {
    Type: "SalesforceClientSecret",
    ExternalSecretRotationMetadata,
    ExternalSecretRotationRoleArn,
    RotationEnabled: true,
  };
  const described = await client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject(shown);
  expect(described).not.toHaveProperty("RotationLambdaARN");
  expect((await client.listSecrets({})).SecretList).toEqual([expect.objectContaining(shown)]);
});

test("UpdateSecret changes the type", async () => {
  const { client } = await openStage();
  await client.createSecret({ Name: "app", SecretString: "{}" });
  expect(await client.describeSecret({ SecretId: "app" })).not.toHaveProperty("Type");
  await client.updateSecret({ SecretId: "app", Type: "BigIDClientSecret" });
  expect(await client.describeSecret({ SecretId: "app" })).toMatchObject({ Type: "BigIDClientSecret" });
});

const credentials = { accessKeyId: "rds.amazonaws.com", secretAccessKey: "any" };

test("a secret that a service of AWS made has an owner, by which it is found; a name alone gives it none", async () => {
  const { client, clientFor } = await openStage();
  await clientFor({ credentials }).createSecret({ Name: "rds!db-1234", SecretString: "{}" });
  await client.createSecret({ Name: "rds!forged", SecretString: "{}" });
  await client.createSecret({ Name: "rds/own", SecretString: "{}" });
  expect(await client.describeSecret({ SecretId: "rds!db-1234" })).toMatchObject({ OwningService: "rds" });
  expect(await client.describeSecret({ SecretId: "rds!forged" })).not.toHaveProperty("OwningService");
  expect(await client.describeSecret({ SecretId: "rds/own" })).not.toHaveProperty("OwningService");
  const find = async (value: string) => {
    const { SecretList = [] } = await client.listSecrets({ Filters: [{ Key: "owning-service", Values: [value] }] });
    return SecretList.map(({ Name }) => Name);
  };
  expect(await find("rd")).toEqual(["rds!db-1234"]);
  expect(await find("RDS")).toEqual([]);
  expect(await find("!rds")).toEqual(["rds!forged", "rds/own"]);
});

test.each([
  ["a partner's", { Name: "app", Type: "BigIDClientSecret" }],
  ["a service's", { Name: "rds!db-1234" }],
])("%s secret is not rotated by the local stack, with a function or without one", async (_whose, secret) => {
  const { client, clientFor, invocations } = await openStage();
  await clientFor({ credentials }).createSecret({ ...secret, SecretString: "{}" });
  for (const RotationLambdaARN of [lambdaArn, undefined]) {
    const rotation = client.rotateSecret({ SecretId: secret.Name, RotationLambdaARN });
    await expect(rotation).rejects.toThrow("not emulated");
  }
  expect(invocations).toEqual([]);
});

test("what the owner puts is a rotation: its date, the next one, and CloudTrail's record of it", async () => {
  const { client, clientFor, clock, events } = await openStage();
  const rds = clientFor({ credentials });
  const SecretId = "rds!db-1234";
  const { VersionId: first = "" } = await rds.createSecret({ Name: SecretId, SecretString: "{}" });
  const RotationRules = { AutomaticallyAfterDays: 7 };
  await rds.rotateSecret({ SecretId, RotationRules, RotateImmediately: false });
  events.length = 0;
  const VersionStages = ["AWSPENDING"];
  const { VersionId: second = "" } = await rds.putSecretValue({ SecretId, SecretString: "{ }", VersionStages });
  expect(recordedEvents({ events })).toEqual([]);
  await clock.advance(30_000);
  const move = { VersionStage: "AWSCURRENT", MoveToVersionId: second, RemoveFromVersionId: first };
  await rds.updateSecretVersionStage({ SecretId, ...move });
  expect(recordedEvents({ events })).toEqual(["RotationSucceeded"]);
  const described = await client.describeSecret({ SecretId });
  expect(described).toMatchObject({ OwningService: "rds", RotationEnabled: true, RotationRules });
  const { CreatedDate, LastRotatedDate, NextRotationDate } = described;
  expect(Number(LastRotatedDate)).toBeGreaterThan(Number(CreatedDate));
  expect(Number(NextRotationDate)).toBeGreaterThan(Number(LastRotatedDate));
  await client.putSecretValue({ SecretId, SecretString: "by hand" });
  expect(recordedEvents({ events })).toEqual(["RotationSucceeded"]);
});

test.each([
  ["a role that is too short", { ExternalSecretRotationRoleArn: "arn" }],
  ["metadata without a value", { ExternalSecretRotationMetadata: [{ Key: "appId" }] }],
])("RotateSecret refuses %s", async (_what, settings) => {
  const { client } = await openStage();
  await client.createSecret({ Name: "app", Type: "BigIDClientSecret", SecretString: "{}" });
  await expect(client.rotateSecret({ SecretId: "app", ...settings })).rejects.toMatchObject({
    name: "ValidationException",
  });
});
