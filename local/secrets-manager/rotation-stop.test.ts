import { expect, test } from "vitest";
import { createApp, gate, lambdaArn, openStage, recordedEvents, rotateApp, versionToken } from "./test-stage.ts";

const hourMs = 3_600_000;

test("a version put by hand abandons the rotation: AWSPENDING goes, no step follows, its token is refused", async () => {
  const stage = await openStage();
  await createApp(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotateApp(stage);
  await held.reached;
  await stage.client.putSecretValue({ SecretId: "app", SecretString: "by hand", ClientRequestToken: versionToken(9) });
  expect(await stage.labels("app")).toEqual({ [versionToken(1)]: ["AWSPREVIOUS"], [versionToken(9)]: ["AWSCURRENT"] });
  const late = stage.client.putSecretValue({
    SecretId: "app",
    SecretString: `rotated-${versionToken(2)}`,
    ClientRequestToken: versionToken(2),
    VersionStages: ["AWSPENDING"],
    RotationToken: stage.invocations[0]?.RotationToken,
  });
  await expect(late).rejects.toMatchObject({ name: "InvalidParameterException" });
  held.open();
  await stage.service.idle();
  await stage.clock.advance(hourMs);
  expect(stage.invocations.map(({ Step }) => Step)).toEqual(["createSecret", "setSecret"]);
  expect(stage.service.lastRotation("app")?.state).toBe("abandoned");
  expect(recordedEvents(stage)).toEqual(["RotationStarted", "RotationAbandoned"]);
});

test("CancelRotateSecret ends the rotation after the running step, leaves AWSPENDING, and turns the schedule off", async () => {
  const stage = await openStage();
  await createApp(stage);
  const held = gate();
  stage.function.setSecret = held.wait;
  await rotateApp(stage);
  await held.reached;
  expect((await stage.client.cancelRotateSecret({ SecretId: "app" })).VersionId).toBe(versionToken(2));
  held.open();
  await stage.service.idle();
  await stage.clock.advance(60 * 24 * hourMs);
  expect(stage.invocations).toHaveLength(2);
  expect(await stage.labels("app")).toMatchObject({ [versionToken(2)]: ["AWSPENDING"] });
  const described = await stage.client.describeSecret({ SecretId: "app" });
  expect(described).toMatchObject({ RotationEnabled: false, RotationLambdaARN: lambdaArn });
  expect(described).not.toHaveProperty("NextRotationDate");
  await expect(rotateApp(stage, versionToken(3))).rejects.toMatchObject({ name: "InvalidRequestException" });
});

test("a rotation token of no running rotation is refused, without any change", async () => {
  const stage = await openStage();
  await createApp(stage);
  await rotateApp(stage);
  await stage.service.idle();
  const RotationToken = stage.invocations[0]?.RotationToken;
  const put = stage.client.putSecretValue({ SecretId: "app", SecretString: "stale", RotationToken });
  await expect(put).rejects.toMatchObject({ name: "InvalidParameterException" });
  expect((await stage.client.getSecretValue({ SecretId: "app" })).SecretString).toBe(`rotated-${versionToken(2)}`);
});

test("CancelRotateSecret of a secret that never rotated is refused", async () => {
  const stage = await openStage();
  await createApp(stage);
  await expect(stage.client.cancelRotateSecret({ SecretId: "app" })).rejects.toMatchObject({
    name: "InvalidRequestException",
  });
  expect(stage.service.lastRotation("app")).toBeUndefined();
});
