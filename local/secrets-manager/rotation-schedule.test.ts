import { expect, test } from "vitest";
import { createApp, lambdaArn, openStage, recordedEvents, refuse, rotateApp, versionToken } from "./test-stage.ts";

const hourMs = 3_600_000;

test("RotateImmediately=false runs testSecret alone, on a copy of the current value that goes afterwards", async () => {
  const stage = await openStage();
  await createApp(stage);
  const seen: unknown[] = [];
  stage.function.testSecret = async ({ SecretId, ClientRequestToken }) => {
    const read = { SecretId, VersionId: ClientRequestToken, VersionStage: "AWSPENDING" };
    seen.push((await stage.client.getSecretValue(read)).SecretString);
  };
  await stage.client.rotateSecret({
    SecretId: "app",
    RotationLambdaARN: lambdaArn,
    RotationRules: { ScheduleExpression: "rate(10 days)", Duration: "3h" },
    RotateImmediately: false,
  });
  await stage.service.idle();
  expect(seen).toEqual(["first"]);
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(["testSecret"]);
  const versions = await stage.client.listSecretVersionIds({ SecretId: "app", IncludeDeprecated: true });
  expect(versions.Versions).toHaveLength(1);
  expect(recordedEvents(stage)).toEqual(["TestRotationStarted", "TestRotationSucceeded"]);
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: true, VersionIdsToStages: { [versionToken(1)]: ["AWSCURRENT"] } });
  expect(described.NextRotationDate?.toISOString()).toMatch(/T02:59:59/u);
});

test("a test that fails changes nothing and may be repeated", async () => {
  const stage = await openStage();
  await createApp(stage);
  stage.function.testSecret = refuse;
  for (const attempt of [3, 4]) {
    await stage.client.rotateSecret({
      SecretId: "app",
      RotationLambdaARN: lambdaArn,
      RotateImmediately: false,
      ClientRequestToken: versionToken(attempt),
    });
    await stage.service.idle();
    expect(stage.service.lastRotation("app")).toMatchObject({
      kind: "test",
      state: "failed",
      versionId: versionToken(attempt),
    });
  }
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSCURRENT"] });
});

test("when the clock reaches the window, rotation starts by itself, again and again", async () => {
  const stage = await openStage();
  await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  await stage.clock.advance(95 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(16);
  expect(new Set(stage.invocations.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(4);
});

test("a value put by hand counts as a rotation for the schedule", async () => {
  const stage = await openStage();
  await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  await stage.clock.advance(20 * 24 * hourMs);
  await stage.client.putSecretValue({ SecretId: "app", SecretString: "by hand" });
  await stage.clock.advance(20 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(4);
  await stage.clock.advance(11 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(8);
});

test("a secret that is scheduled for deletion is not rotated until it is restored", async () => {
  const stage = await openStage();
  await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  await stage.client.deleteSecret({ SecretId: "app" });
  await stage.clock.advance(29 * 24 * hourMs + 23 * hourMs);
  await stage.client.restoreSecret({ SecretId: "app" });
  expect(stage.invocations).toHaveLength(4);
  await stage.clock.advance(31 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(8);
});

test.each([
  ["rate(10 days)", 10],
  ["rate(4 hours)", 1],
  ["cron(0 10 * * ? *)", 1],
])("after a rotation by %s, AutomaticallyAfterDays is told as %d", async (ScheduleExpression, days) => {
  const stage = await openStage();
  await createApp(stage);
  const RotationRules = { ScheduleExpression };
  await stage.client.rotateSecret({ SecretId: "app", RotationLambdaARN: lambdaArn, RotationRules });
  await stage.service.idle();
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described.RotationRules).toEqual({ ScheduleExpression, AutomaticallyAfterDays: days });
});
