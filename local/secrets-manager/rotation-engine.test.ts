import { expect, test } from "vitest";
import { firstRetryMs, gate, lambdaArn, openStage, type TestStage } from "./test-stage.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const hourMs = 3_600_000;
const token = (digit: number): string => `${digit}`.repeat(8) + "-0000-4000-8000-000000000000";
const refuse = async (): Promise<never> => {
  throw new TypeError("scripted");
};
const eventNames = ({ events }: TestStage): unknown[] =>
  events.flatMap(({ detail }) => (detail["eventName"] === undefined ? [] : [detail["eventName"]]));

/** A secret named `app` with the value `first`; returns its ARN. */
async function withSecret(stage: TestStage): Promise<string> {
  const made = await stage.client.createSecret({ Name: "app", SecretString: "first", ClientRequestToken: token(1) });
  stage.events.length = 0;
  return made.ARN ?? "";
}

const rotate = async (stage: TestStage, ClientRequestToken = token(2)): Promise<string | undefined> =>
  (
    await stage.client.rotateSecret({
      SecretId: "app",
      RotationLambdaARN: lambdaArn,
      RotationRules: { AutomaticallyAfterDays: 30 },
      ClientRequestToken,
    })
  ).VersionId;

test("the four steps run in order with one token, then AWSPENDING goes and the dates are set", async () => {
  const stage = await openStage();
  const arn = await withSecret(stage);
  const reports: string[] = [];
  stage.service.onStep(({ step, secretArn, versionId, error }) =>
    reports.push(`${step} ${secretArn === arn} ${versionId === token(2)} ${error ?? "done"}`),
  );
  expect(await rotate(stage)).toBe(token(2));
  await stage.service.idle();

  expect(stage.invocations.map(({ Step }) => Step)).toEqual(steps);
  expect(reports).toEqual(steps.map((step) => `${step} true true done`));
  expect(new Set(stage.invocations.map(({ SecretId }) => SecretId))).toEqual(new Set([arn]));
  expect(new Set(stage.invocations.map(({ RotationToken }) => RotationToken)).size).toBe(1);
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSPREVIOUS"], [token(2)]: ["AWSCURRENT"] });
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
  const waitMs = Number(described.NextRotationDate) - Number(described.LastRotatedDate);
  expect(waitMs / 86_400_000).toBeGreaterThanOrEqual(29.9);
  expect(waitMs / 86_400_000).toBeLessThan(31);
  expect(stage.service.lastRotation("app")).toEqual({
    kind: "rotation",
    versionId: token(2),
    state: "succeeded",
    attempts: 1,
    failure: undefined,
  });
});

test("a rotation tells the bus that it started and succeeded, and that AWSCURRENT moved", async () => {
  const stage = await openStage();
  const arn = await withSecret(stage);
  await rotate(stage);
  await stage.service.idle();
  expect(stage.events.map((event) => event["detail-type"])).toEqual([
    "AWS Service Event via CloudTrail",
    "Secret Label Updated",
    "AWS Service Event via CloudTrail",
  ]);
  expect(stage.events[1]).toEqual({
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    detail: { name: "app", labelUpdated: "AWSCURRENT", versionId: token(2) },
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
  await withSecret(stage);
  const seen: unknown[] = [];
  const { createSecret } = stage.function;
  stage.function.createSecret = async (invocation) => {
    seen.push(await stage.labels("app"));
    const read = stage.client.getSecretValue({ SecretId: "app", VersionStage: "AWSPENDING" });
    seen.push(await read.catch((error: unknown) => (error instanceof Error ? error.message : error)));
    await createSecret(invocation);
  };
  await rotate(stage);
  await stage.service.idle();
  expect(seen).toEqual([
    { [token(1)]: ["AWSCURRENT"], [token(2)]: ["AWSPENDING"] },
    "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
  ]);
});

test("RotateSecret answers before the first step has ended, and refuses another rotation meanwhile", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotate(stage);
  await held.reached;
  await expect(rotate(stage, token(3))).rejects.toMatchObject({
    name: "InvalidRequestException",
    message: "A previous rotation isn't complete. That rotation will be reattempted.",
  });
  expect(await rotate(stage, token(2))).toBe(token(2));
  held.open();
  await stage.service.idle();
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(steps);
});

test("a failing step ends the attempt; the whole rotation is tried again with the same token, ever later", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const { setSecret } = stage.function;
  stage.function.setSecret = refuse;
  await rotate(stage);
  await stage.service.idle();
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(["createSecret", "setSecret"]);
  expect(stage.service.lastRotation("app")).toMatchObject({
    state: "waiting",
    failure: { step: "setSecret", error: "TypeError" },
  });

  await stage.clock.advance(firstRetryMs);
  expect(stage.invocations).toHaveLength(4);
  await stage.clock.advance(firstRetryMs);
  expect(stage.invocations).toHaveLength(4);
  stage.function.setSecret = setSecret;
  await stage.clock.advance(firstRetryMs);
  expect(stage.invocations.slice(4).map(({ Step }) => Step)).toEqual(steps);
  expect(new Set(stage.invocations.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([token(2)]));
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "succeeded", attempts: 3 });
  expect(eventNames(stage)).toEqual([
    ...["RotationStarted", "RotationFailed", "RotationStarted", "RotationFailed"],
    ...["RotationStarted", "RotationSucceeded"],
  ]);
  const failed = stage.events.find(({ detail }) => detail["eventName"] === "RotationFailed");
  expect(failed?.detail["errorMessage"]).toBe(`Error when executing lambda ${lambdaArn} during setSecret step`);
});

test("an attempt whose finishSecret failed after the promotion is repeated and then succeeds", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const { finishSecret } = stage.function;
  stage.function.finishSecret = async (invocation) => {
    await finishSecret(invocation);
    stage.function.finishSecret = finishSecret;
    await refuse();
  };
  await rotate(stage);
  await stage.service.idle();
  expect(await stage.labels("app")).toMatchObject({ [token(2)]: ["AWSCURRENT", "AWSPENDING"] });
  await stage.clock.advance(firstRetryMs);
  expect(await stage.labels("app")).toMatchObject({ [token(2)]: ["AWSCURRENT"] });
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "succeeded", attempts: 2 });
});

test("a function that succeeds without promoting its version has not rotated", async () => {
  const stage = await openStage();
  await withSecret(stage);
  stage.function.finishSecret = async () => undefined;
  await rotate(stage);
  await stage.service.idle();
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "waiting", failure: { step: "finishSecret" } });
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSCURRENT"], [token(2)]: ["AWSPENDING"] });
});

test("when the attempts are spent, AWSPENDING stays, blocks RotateSecret, and the next window takes it up again", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const { testSecret } = stage.function;
  stage.function.testSecret = refuse;
  await rotate(stage);
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "failed", attempts: 3 });
  await expect(rotate(stage, token(3))).rejects.toMatchObject({ name: "InvalidRequestException" });

  stage.function.testSecret = testSecret;
  await stage.clock.advance(31 * 24 * hourMs);
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "succeeded", versionId: token(2), attempts: 1 });
});

test("a step that fails after it took AWSPENDING off its version is not repeated, and frees the secret", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const { setSecret } = stage.function;
  stage.function.setSecret = async ({ SecretId, ClientRequestToken }) => {
    const removal = { VersionStage: "AWSPENDING", RemoveFromVersionId: ClientRequestToken };
    await stage.client.updateSecretVersionStage({ SecretId, ...removal });
    await refuse();
  };
  await rotate(stage);
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "failed", attempts: 1 });

  stage.function.setSecret = setSecret;
  await rotate(stage, token(3));
  await stage.service.idle();
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSPREVIOUS"], [token(3)]: ["AWSCURRENT"] });
});

test("a version put by hand abandons the rotation: AWSPENDING goes, no step follows, its token is refused", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotate(stage);
  await held.reached;
  await stage.client.putSecretValue({ SecretId: "app", SecretString: "by hand", ClientRequestToken: token(9) });
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSPREVIOUS"], [token(9)]: ["AWSCURRENT"] });
  const late = stage.client.putSecretValue({
    SecretId: "app",
    SecretString: `rotated-${token(2)}`,
    ClientRequestToken: token(2),
    VersionStages: ["AWSPENDING"],
    RotationToken: stage.invocations[0]?.RotationToken,
  });
  await expect(late).rejects.toMatchObject({ name: "InvalidParameterException" });
  held.open();
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(["createSecret", "setSecret"]);
  expect(stage.service.lastRotation("app")?.state).toBe("abandoned");
  expect(eventNames(stage)).toEqual(["RotationStarted", "RotationAbandoned"]);
});

test("a version put by hand between two attempts abandons the rotation too", async () => {
  const stage = await openStage();
  await withSecret(stage);
  stage.function.setSecret = refuse;
  await rotate(stage);
  await stage.service.idle();
  await stage.client.updateSecret({ SecretId: "app", SecretString: "by hand", ClientRequestToken: token(9) });
  await stage.clock.advance(hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSPREVIOUS"], [token(9)]: ["AWSCURRENT"] });
});

test("CancelRotateSecret ends the rotation after the running step, leaves AWSPENDING, and turns the schedule off", async () => {
  const stage = await openStage();
  await withSecret(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotate(stage);
  await held.reached;
  expect((await stage.client.cancelRotateSecret({ SecretId: "app" })).VersionId).toBe(token(2));
  held.open();
  await stage.service.idle();
  await stage.clock.advance(60 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(await stage.labels("app")).toMatchObject({ [token(2)]: ["AWSPENDING"] });
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: false, RotationLambdaARN: lambdaArn });
  expect(described).not.toHaveProperty("NextRotationDate");
  await expect(rotate(stage, token(3))).rejects.toMatchObject({ name: "InvalidRequestException" });
});

test("RotateImmediately=false runs testSecret alone, on a copy of the current value that goes afterwards", async () => {
  const stage = await openStage();
  await withSecret(stage);
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
  expect(eventNames(stage)).toEqual(["TestRotationStarted", "TestRotationSucceeded"]);
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: true, VersionIdsToStages: { [token(1)]: ["AWSCURRENT"] } });
  expect(described.NextRotationDate?.toISOString()).toMatch(/T02:59:59/u);
});

test("a test that fails changes nothing and may be repeated", async () => {
  const stage = await openStage();
  await withSecret(stage);
  stage.function.testSecret = refuse;
  for (const attempt of [3, 4]) {
    await stage.client.rotateSecret({
      SecretId: "app",
      RotationLambdaARN: lambdaArn,
      RotateImmediately: false,
      ClientRequestToken: token(attempt),
    });
    await stage.service.idle();
    expect(stage.service.lastRotation("app")).toMatchObject({
      kind: "test",
      state: "failed",
      versionId: token(attempt),
    });
  }
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSCURRENT"] });
});

test("when the clock reaches the window, rotation starts by itself, again and again", async () => {
  const stage = await openStage();
  await withSecret(stage);
  await rotate(stage);
  await stage.service.idle();
  await stage.clock.advance(95 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(16);
  expect(new Set(stage.invocations.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(4);
});

test("a value put by hand counts as a rotation for the schedule", async () => {
  const stage = await openStage();
  await withSecret(stage);
  await rotate(stage);
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
  await withSecret(stage);
  await rotate(stage);
  await stage.service.idle();
  await stage.client.deleteSecret({ SecretId: "app" });
  await stage.clock.advance(29 * 24 * hourMs + 23 * hourMs);
  await stage.client.restoreSecret({ SecretId: "app" });
  expect(stage.invocations).toHaveLength(4);
  await stage.clock.advance(31 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(8);
});

test("a rotation token of no running rotation is refused, without any change", async () => {
  const stage = await openStage();
  await withSecret(stage);
  await rotate(stage);
  await stage.service.idle();
  const RotationToken = stage.invocations[0]?.RotationToken;
  const put = stage.client.putSecretValue({ SecretId: "app", SecretString: "stale", RotationToken });
  await expect(put).rejects.toMatchObject({ name: "InvalidParameterException" });
  expect((await stage.client.getSecretValue({ SecretId: "app" })).SecretString).toBe(`rotated-${token(2)}`);
});

test("an invoker that throws is a failed step", async () => {
  const stage = await openStage();
  await withSecret(stage);
  stage.invocations.push = () => {
    throw new RangeError("the function is gone");
  };
  await rotate(stage);
  await stage.service.idle();
  expect(stage.service.lastRotation("app")).toMatchObject({
    state: "waiting",
    failure: { step: "createSecret", error: "RangeError" },
  });
});

test("CancelRotateSecret of a secret that never rotated is refused", async () => {
  const stage = await openStage();
  await withSecret(stage);
  await expect(stage.client.cancelRotateSecret({ SecretId: "app" })).rejects.toMatchObject({
    name: "InvalidRequestException",
  });
  expect(stage.service.lastRotation("app")).toBeUndefined();
});
