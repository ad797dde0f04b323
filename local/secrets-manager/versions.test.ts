import { expect, test } from "vitest";
import { openStage, type TestStage } from "./test-stage.ts";

const hourMs = 3_600_000;
const token = (index: number): string => `${index}`.padStart(8, "0") + "-0000-4000-8000-000000000000";
const put = async (stage: TestStage, index: number, VersionStages?: string[]): Promise<readonly string[] | undefined> =>
  (
    await stage.client.putSecretValue({
      SecretId: "app",
      SecretString: `v${index}`,
      ClientRequestToken: token(index),
      ...(VersionStages === undefined ? {} : { VersionStages }),
    })
  ).VersionStages;

async function withVersions(stage: TestStage, count: number): Promise<void> {
  await stage.client.createSecret({ Name: "app", SecretString: "v1", ClientRequestToken: token(1) });
  for (let index = 2; index <= count; index++) await put(stage, index);
}
const versionsOf = async (stage: TestStage): Promise<number> => {
  const list = { SecretId: "app", IncludeDeprecated: true };
  const first = await stage.client.listSecretVersionIds(list);
  if (first.NextToken === undefined) return first.Versions?.length ?? 0;
  const second = await stage.client.listSecretVersionIds({ ...list, NextToken: first.NextToken });
  return (first.Versions?.length ?? 0) + (second.Versions?.length ?? 0);
};

test("labels of one's own move one by one and leave AWSCURRENT alone", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  expect(await put(stage, 2, ["one", "two"])).toEqual(["one", "two"]);
  expect(await put(stage, 3, ["two", "three"])).toEqual(["three", "two"]);
  expect(await stage.labels("app")).toEqual({
    [token(1)]: ["AWSCURRENT"],
    [token(2)]: ["one"],
    [token(3)]: ["three", "two"],
  });
});

test("AWSPENDING moves to the newer version, and the older one is hidden but can still be read by its id", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  await put(stage, 2, ["AWSPENDING"]);
  await put(stage, 3, ["AWSPENDING"]);
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSCURRENT"], [token(3)]: ["AWSPENDING"] });
  const hidden = await stage.client.getSecretValue({ SecretId: "app", VersionId: token(2) });
  expect(hidden.SecretString).toBe("v2");
  expect(hidden).not.toHaveProperty("VersionStages");
});

test("a new current value takes AWSPENDING off the version that was current", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  const pending = { SecretId: "app", VersionStage: "AWSPENDING", MoveToVersionId: token(1) };
  await stage.client.updateSecretVersionStage(pending);
  await put(stage, 2);
  expect(await stage.labels("app")).toEqual({ [token(1)]: ["AWSPREVIOUS"], [token(2)]: ["AWSCURRENT"] });
});

test("a secret has at most 20 labels on all its versions, and the refused call changes nothing", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  await put(
    stage,
    2,
    Array.from({ length: 19 }, (_, index) => `label-${index}`),
  );
  await expect(put(stage, 3, ["one-more"])).rejects.toMatchObject({ name: "LimitExceededException" });
  const attach = { SecretId: "app", VersionStage: "one-more", MoveToVersionId: token(1) };
  await expect(stage.client.updateSecretVersionStage(attach)).rejects.toMatchObject({ name: "LimitExceededException" });
  expect(await versionsOf(stage)).toBe(2);
  expect(await put(stage, 3, ["label-7"])).toEqual(["label-7"]);
});

test("AWSCURRENT can be moved, not removed", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  const removal = { SecretId: "app", VersionStage: "AWSCURRENT", RemoveFromVersionId: token(1) };
  await expect(stage.client.updateSecretVersionStage(removal)).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("versions are dated by the clock", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  const first = await stage.client.getSecretValue({ SecretId: "app" });
  await stage.clock.advance(5 * hourMs);
  await put(stage, 2);
  const second = await stage.client.getSecretValue({ SecretId: "app" });
  const apartMs = Number(second.CreatedDate) - Number(first.CreatedDate);
  expect(apartMs / hourMs).toBeCloseTo(5, 1);
});

test("of more than 100 versions, the oldest without a label go, but none that is younger than a day", async () => {
  const stage = await openStage();
  await withVersions(stage, 105);
  expect(await versionsOf(stage)).toBe(105);
  await stage.clock.advance(25 * hourMs);
  await put(stage, 106);
  expect(await versionsOf(stage)).toBe(100);
  const oldest = stage.client.getSecretValue({ SecretId: "app", VersionId: token(6) });
  await expect(oldest).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  expect((await stage.client.getSecretValue({ SecretId: "app", VersionId: token(7) })).SecretString).toBe("v7");
});

test("the label event is sent for AWSCURRENT and labels of one's own, once each, and for nothing that did not move", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  await put(stage, 2, ["AWSPENDING", "blue"]);
  await put(stage, 2, ["AWSPENDING", "blue"]);
  const promotion = { VersionStage: "AWSCURRENT", MoveToVersionId: token(2), RemoveFromVersionId: token(1) };
  await stage.client.updateSecretVersionStage({ SecretId: "app", ...promotion });
  await stage.client.updateSecretVersionStage({ SecretId: "app", VersionStage: "blue", MoveToVersionId: token(2) });
  expect(stage.events.map(({ detail }) => [detail["labelUpdated"], detail["versionId"]])).toEqual([
    ["AWSCURRENT", token(1)],
    ["blue", token(2)],
    ["AWSCURRENT", token(2)],
  ]);
});

test("UpdateSecret repeated with its token and value succeeds, with another value it is refused", async () => {
  const stage = await openStage();
  await withVersions(stage, 1);
  const update = { SecretId: "app", SecretString: "new", ClientRequestToken: token(2) };
  await stage.client.updateSecret(update);
  expect((await stage.client.updateSecret(update)).VersionId).toBe(token(2));
  await expect(stage.client.updateSecret({ ...update, SecretString: "other" })).rejects.toMatchObject({
    name: "ResourceExistsException",
  });
  expect(await stage.client.updateSecret({ SecretId: "app", Description: "only" })).not.toHaveProperty("VersionId");
});

test("a binary value comes back byte for byte", async () => {
  const stage = await openStage();
  const bytes = Uint8Array.from([0, 255, 16, 32]);
  await stage.client.createSecret({ Name: "binary", SecretBinary: bytes });
  expect((await stage.client.getSecretValue({ SecretId: "binary" })).SecretBinary).toEqual(bytes);
});
