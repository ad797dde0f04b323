import { expect, test } from "vitest";
import { lambdaArn, openStage, type TestStage } from "./test-stage.ts";

const europe = "eu-west-1";

async function withReplica(stage: TestStage): Promise<ReturnType<TestStage["clientFor"]>> {
  await stage.client.createSecret({
    Name: "app",
    SecretString: "first",
    Description: "before",
    AddReplicaRegions: [{ Region: europe }],
  });
  return stage.clientFor({ region: europe });
}

test("a replica has the primary's ARN but for the region, and follows values, labels, tags, description and policy", async () => {
  const stage = await openStage();
  const replica = await withReplica(stage);
  const { ARN = "" } = await stage.client.describeSecret({ SecretId: "app" });
  const put = { SecretId: "app", SecretString: "second", VersionStages: ["AWSCURRENT", "blue"] };
  const { VersionId } = await stage.client.putSecretValue(put);
  await stage.client.tagResource({ SecretId: "app", Tags: [{ Key: "a", Value: "b" }] });
  await stage.client.updateSecret({ SecretId: "app", Description: "after" });

  expect(await replica.describeSecret({ SecretId: ARN.replace("us-east-1", europe) })).toMatchObject({
    ARN: ARN.replace("us-east-1", europe),
    PrimaryRegion: "us-east-1",
    Description: "after",
    Tags: [{ Key: "a", Value: "b" }],
    VersionIdsToStages: { [VersionId ?? ""]: ["AWSCURRENT", "blue"] },
  });
  expect((await replica.getSecretValue({ SecretId: "app", VersionStage: "blue" })).SecretString).toBe("second");
  const { ReplicationStatus } = await stage.client.describeSecret({ SecretId: "app" });
  expect(ReplicationStatus).toEqual([{ Region: europe, Status: "InSync" }]);
});

test("a replica that is held keeps what it had, and the primary says so until it is let go", async () => {
  const stage = await openStage();
  const replica = await withReplica(stage);
  const { ARN = "" } = await stage.client.describeSecret({ SecretId: "app" });
  const letGo = stage.service.holdReplica(ARN, europe);
  const { VersionId } = await stage.client.putSecretValue({ SecretId: "app", SecretString: "second" });
  expect((await replica.getSecretValue({ SecretId: "app" })).SecretString).toBe("first");
  const statusOf = async (): Promise<unknown> =>
    (await stage.client.describeSecret({ SecretId: "app" })).ReplicationStatus?.map(({ Status }) => Status);
  expect(await statusOf()).toEqual(["InProgress"]);
  letGo();
  expect(await replica.getSecretValue({ SecretId: "app" })).toMatchObject({ SecretString: "second", VersionId });
  expect(await statusOf()).toEqual(["InSync"]);
});

test("a rotation of the primary reaches the replica, which cannot rotate by itself", async () => {
  const stage = await openStage();
  const replica = await withReplica(stage);
  const { VersionId } = await stage.client.rotateSecret({ SecretId: "app", RotationLambdaARN: lambdaArn });
  await stage.service.idle();
  expect((await replica.getSecretValue({ SecretId: "app" })).VersionId).toBe(VersionId);
  await expect(replica.rotateSecret({ SecretId: "app", RotationLambdaARN: lambdaArn })).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
  });
});

test("a secret of the same name in the way fails the replication, until it may be overwritten", async () => {
  const stage = await openStage();
  const other = stage.clientFor({ region: europe });
  await other.createSecret({ Name: "app", SecretString: "in the way" });
  await stage.client.createSecret({ Name: "app", SecretString: "first" });
  const request = { SecretId: "app", AddReplicaRegions: [{ Region: europe }] };
  const refused = await stage.client.replicateSecretToRegions(request);
  expect(refused.ReplicationStatus).toMatchObject([{ Region: europe, Status: "Failed" }]);
  expect((await other.getSecretValue({ SecretId: "app" })).SecretString).toBe("in the way");

  const removal = { SecretId: "app", RemoveReplicaRegions: [europe] };
  expect((await stage.client.removeRegionsFromReplication(removal)).ReplicationStatus).toEqual([]);
  expect((await other.getSecretValue({ SecretId: "app" })).SecretString).toBe("in the way");

  const forced = await stage.client.replicateSecretToRegions({ ...request, ForceOverwriteReplicaSecret: true });
  expect(forced.ReplicationStatus).toMatchObject([{ Status: "InSync" }]);
  expect((await other.getSecretValue({ SecretId: "app" })).SecretString).toBe("first");
});

test("a promoted replica goes its own way and leaves the primary free", async () => {
  const stage = await openStage();
  const replica = await withReplica(stage);
  await replica.stopReplicationToReplica({ SecretId: "app" });
  await replica.putSecretValue({ SecretId: "app", SecretString: "european" });
  expect((await stage.client.getSecretValue({ SecretId: "app" })).SecretString).toBe("first");
  expect(await stage.client.describeSecret({ SecretId: "app" })).not.toHaveProperty("ReplicationStatus");
  await stage.client.deleteSecret({ SecretId: "app", ForceDeleteWithoutRecovery: true });
  await expect(replica.stopReplicationToReplica({ SecretId: "app" })).rejects.toMatchObject({
    name: "InvalidRequestException",
  });
});

test("deleting a replica removes it at once; a primary with replicas is not deleted", async () => {
  const stage = await openStage();
  const replica = await withReplica(stage);
  await expect(stage.client.deleteSecret({ SecretId: "app" })).rejects.toMatchObject({
    name: "InvalidRequestException",
  });
  await replica.deleteSecret({ SecretId: "app" });
  await expect(replica.describeSecret({ SecretId: "app" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  await stage.client.deleteSecret({ SecretId: "app" });
});

test("a secret is not replicated into its own region or a region that is none", async () => {
  const stage = await openStage();
  await stage.client.createSecret({ Name: "app", SecretString: "first" });
  for (const Region of ["us-east-1", "nowhere"]) {
    const request = { SecretId: "app", AddReplicaRegions: [{ Region }] };
    await expect(stage.client.replicateSecretToRegions(request)).rejects.toMatchObject({
      name: expect.stringMatching(/^(?:InvalidParameter|Validation)Exception$/u),
    });
  }
});
