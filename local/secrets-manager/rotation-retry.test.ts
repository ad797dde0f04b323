import { expect, test } from "vitest";
import {
  createApp,
  firstRetryMs,
  lambdaArn,
  openStage,
  recordedEvents,
  refuse,
  rotateApp,
  versionToken,
} from "./test-stage.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const hourMs = 3_600_000;

test("a failing step ends the attempt; the whole rotation is tried again with the same token, ever later", async () => {
  const stage = await openStage();
  await createApp(stage);
  const { setSecret } = stage.function;
  stage.function.setSecret = refuse;
  await rotateApp(stage);
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
  expect(new Set(stage.invocations.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(
    new Set([versionToken(2)]),
  );
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "succeeded", attempts: 3 });
  expect(recordedEvents(stage)).toEqual([
    ...["RotationStarted", "RotationFailed", "RotationStarted", "RotationFailed"],
    ...["RotationStarted", "RotationSucceeded"],
  ]);
  const failed = stage.events.find(({ detail }) => detail["eventName"] === "RotationFailed");
  expect(failed?.detail["errorMessage"]).toBe(`Error when executing lambda ${lambdaArn} during setSecret step`);
});

test("an attempt whose finishSecret failed after the promotion is repeated and then succeeds", async () => {
  const stage = await openStage();
  await createApp(stage);
  const { finishSecret } = stage.function;
  stage.function.finishSecret = async (invocation) => {
    await finishSecret(invocation);
    stage.function.finishSecret = finishSecret;
    await refuse();
  };
  await rotateApp(stage);
  await stage.service.idle();
  expect(await stage.labels("app")).toMatchObject({ [versionToken(2)]: ["AWSCURRENT", "AWSPENDING"] });
  await stage.clock.advance(firstRetryMs);
  expect(await stage.labels("app")).toMatchObject({ [versionToken(2)]: ["AWSCURRENT"] });
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "succeeded", attempts: 2 });
});

test("a function that succeeds without promoting its version has not rotated", async () => {
  const stage = await openStage();
  await createApp(stage);
  stage.function.finishSecret = async () => undefined;
  await rotateApp(stage);
  await stage.service.idle();
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "waiting", failure: { step: "finishSecret" } });
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSCURRENT"], [versionToken(2)]: ["AWSPENDING"] });
});

test("when the attempts are spent, AWSPENDING stays, blocks RotateSecret, and the next window takes it up again", async () => {
  const stage = await openStage();
  await createApp(stage);
  const { testSecret } = stage.function;
  stage.function.testSecret = refuse;
  await rotateApp(stage);
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "failed", attempts: 3 });
  await expect(rotateApp(stage, versionToken(3))).rejects.toMatchObject({ name: "InvalidRequestException" });

  stage.function.testSecret = testSecret;
  await stage.clock.advance(31 * 24 * hourMs);
  expect(stage.service.lastRotation("app")).toMatchObject({
    state: "succeeded",
    versionId: versionToken(2),
    attempts: 1,
  });
});

test("a step that fails after it took AWSPENDING off its version is not repeated, and frees the secret", async () => {
  const stage = await openStage();
  await createApp(stage);
  const { setSecret } = stage.function;
  stage.function.setSecret = async ({ SecretId, ClientRequestToken }) => {
    const removal = { VersionStage: "AWSPENDING", RemoveFromVersionId: ClientRequestToken };
    await stage.client.updateSecretVersionStage({ SecretId, ...removal });
    await refuse();
  };
  await rotateApp(stage);
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(stage.service.lastRotation("app")).toMatchObject({ state: "failed", attempts: 1 });

  stage.function.setSecret = setSecret;
  await rotateApp(stage, versionToken(3));
  await stage.service.idle();
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSPREVIOUS"], [versionToken(3)]: ["AWSCURRENT"] });
});

test("an invoker that throws is a failed step", async () => {
  const stage = await openStage();
  await createApp(stage);
  stage.invocations.push = () => {
    throw new RangeError("the function is gone");
  };
  await rotateApp(stage);
  await stage.service.idle();
  expect(stage.service.lastRotation("app")).toMatchObject({
    state: "waiting",
    failure: { step: "createSecret", error: "RangeError" },
  });
});

test("a function that Secrets Manager may no longer invoke fails the attempt", async () => {
  const stage = await openStage();
  await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  stage.permitted = false;
  await stage.clock.advance(30 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(4);
  expect(stage.service.lastRotation("app")?.failure).toEqual({ step: "createSecret", error: "AccessDeniedException" });
});
