import { expect, test } from "vitest";
import { createApp, gate, openStage, refuse, rotateApp, versionToken } from "./test-stage.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const hourMs = 3_600_000;

test("the four steps run in order with one token, then AWSPENDING goes and the dates are set", async () => {
  const stage = await openStage();
  const arn = await createApp(stage);
  const reports: string[] = [];
  stage.service.onStep(({ step, secretArn, versionId, error }) =>
    reports.push(`${step} ${secretArn === arn} ${versionId === versionToken(2)} ${error ?? "done"}`),
  );
  expect(await rotateApp(stage)).toBe(versionToken(2));
  await stage.service.idle();

  expect(stage.invocations.map(({ Step }) => Step)).toEqual(steps);
  expect(reports).toEqual(steps.map((step) => `${step} true true done`));
  expect(new Set(stage.invocations.map(({ SecretId }) => SecretId))).toEqual(new Set([arn]));
  expect(new Set(stage.invocations.map(({ RotationToken }) => RotationToken)).size).toBe(1);
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSPREVIOUS"], [versionToken(2)]: ["AWSCURRENT"] });
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
  const waitMs = Number(described.NextRotationDate) - Number(described.LastRotatedDate);
  expect(waitMs / 86_400_000).toBeGreaterThanOrEqual(29.9);
  expect(waitMs / 86_400_000).toBeLessThan(31);
  expect(stage.service.lastRotation("app")).toEqual({
    kind: "rotation",
    versionId: versionToken(2),
    state: "succeeded",
    attempts: 1,
    failure: undefined,
  });
});

test("a rotation tells the bus that it started and succeeded, and that AWSCURRENT moved", async () => {
  const stage = await openStage();
  const arn = await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  expect(stage.events.map((event) => event["detail-type"])).toEqual([
    "AWS Service Event via CloudTrail",
    "Secret Label Updated",
    "AWS Service Event via CloudTrail",
  ]);
  expect(stage.events[1]).toEqual({
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    detail: { name: "app", labelUpdated: "AWSCURRENT", versionId: versionToken(2) },
    resources: [arn],
  });
  expect(stage.events[2]?.detail).toMatchObject({
    eventName: "RotationSucceeded",
    eventType: "AwsServiceEvent",
    awsRegion: "us-east-1",
    additionalEventData: { SecretId: arn },
  });
});

test("createSecret finds an AWSPENDING version without a value", async () => {
  const stage = await openStage();
  await createApp(stage);
  const seen: unknown[] = [];
  const { createSecret } = stage.function;
  stage.function.createSecret = async (invocation) => {
    seen.push(await stage.labels("app"));
    const read = stage.client.getSecretValue({ SecretId: "app", VersionStage: "AWSPENDING" });
    seen.push(await read.catch((error: unknown) => (error instanceof Error ? error.message : error)));
    await createSecret(invocation);
  };
  await rotateApp(stage);
  await stage.service.idle();
  expect(seen).toEqual([
    { [versionToken(1)]: ["AWSCURRENT"], [versionToken(2)]: ["AWSPENDING"] },
    "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
  ]);
});

test("RotateSecret answers before the first step has ended, and refuses another rotation meanwhile", async () => {
  const stage = await openStage();
  await createApp(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotateApp(stage);
  await held.reached;
  await expect(rotateApp(stage, versionToken(3))).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: "A previous rotation isn't complete. That rotation will be reattempted.",
  });
  expect(await rotateApp(stage, versionToken(2))).toBe(versionToken(2));
  held.open();
  await stage.service.idle();
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(steps);
});

test("a version put by hand between two attempts abandons the rotation too", async () => {
  const stage = await openStage();
  await createApp(stage);
  stage.function.setSecret = refuse;
  await rotateApp(stage);
  await stage.service.idle();
  await stage.client.updateSecret({ SecretId: "app", SecretString: "by hand", ClientRequestToken: versionToken(9) });
  await stage.clock.advance(hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSPREVIOUS"], [versionToken(9)]: ["AWSCURRENT"] });
});

test("RotateSecret refuses a token that names another version", async () => {
  const stage = await openStage();
  await createApp(stage);
  await expect(rotateApp(stage, versionToken(1))).rejects.toMatchObject({ name: "InvalidParameterException" });
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSCURRENT"] });
});
